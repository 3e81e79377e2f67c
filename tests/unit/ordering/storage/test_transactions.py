from typing import Any

import pytest

from ordering.storage.transactions import Changed, Insert, Merge, check


def key(partition: str, row: str) -> dict[str, Any]:
    return {"PartitionKey": partition, "RowKey": row}


def test_a_hundred_operations_are_the_most() -> None:
    check([Insert(key("p", str(n))) for n in range(100)])
    with pytest.raises(ValueError, match="100 operations, not 101"):
        check([Insert(key("p", str(n))) for n in range(101)])


def test_one_row_takes_one_operation() -> None:
    with pytest.raises(ValueError, match="one operation on each row"):
        check([Insert(key("p", "r")), Merge(key("p", "r"))])


def test_one_partition_is_all() -> None:
    with pytest.raises(ValueError, match="one partition"):
        check([Insert(key("p", "r")), Insert(key("q", "r"))])


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("EntityAlreadyExists", (True, False, False)),
        ("ResourceNotFound", (False, True, False)),
        ("UpdateConditionNotSatisfied", (False, False, True)),
    ],
)
def test_what_changed_is_told(code: str, expected: tuple[bool, ...]) -> None:
    changed = Changed(code, 2)
    assert (changed.exists, changed.missing, changed.stale) == expected
    assert str(changed) == f"{code} (operation 2)"


@pytest.mark.parametrize(
    ("index", "text"), [(None, "Odd"), (0, "Odd (operation 0)"), (99, "Odd (operation 99)")]
)
def test_the_operation_that_was_refused_is_named_if_it_is_known(
    index: int | None, text: str
) -> None:
    changed = Changed("Odd", index)
    assert (str(changed), changed.code, changed.index) == (text, "Odd", index)
