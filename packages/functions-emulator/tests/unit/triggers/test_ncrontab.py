from datetime import datetime

import pytest

from functions_emulator.triggers.ncrontab import Schedule

START = "2026-11-22T10:00:00"  # A Sunday.


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("*/5 * * * * *", START, "2026-11-22T10:00:05"),
        ("0 */5 * * * *", START, "2026-11-22T10:05:00"),
        ("0 */5 * * * *", "2026-11-22T10:04:59", "2026-11-22T10:05:00"),
        ("0 0 * * * *", "2026-11-22T10:59:59.900", "2026-11-22T11:00:00"),
        ("0 0 */2 * * *", START, "2026-11-22T12:00:00"),
        ("0 0 9-17 * * *", "2026-11-22T17:00:00", "2026-11-23T09:00:00"),
        ("0 30 9 * * *", START, "2026-11-23T09:30:00"),
        ("0 30 9 * * 1-5", START, "2026-11-23T09:30:00"),
        ("0 30 9 * * mon-fri", "2026-11-27T10:00:00", "2026-11-30T09:30:00"),
        ("0 30 9 * jan monday", START, "2027-01-04T09:30:00"),
        ("0 0 0 1 * *", START, "2026-12-01T00:00:00"),
        ("0 0 0 29 2 *", START, "2028-02-29T00:00:00"),
        ("0 0 0 13 * 5", START, "2027-08-13T00:00:00"),  # Both day fields must fit.
        ("5/20 * * * * *", START, "2026-11-22T10:00:05"),
        ("5/20 * * * * *", "2026-11-22T10:00:05", "2026-11-22T10:00:25"),
        ("1,31 15 * * * *", "2026-11-22T10:15:01", "2026-11-22T10:15:31"),
        ("0 0 17-9 * * *", "2026-11-22T17:30:00", "2026-11-23T09:00:00"),  # NCrontab swaps.
        ("30 4 * * *", START, "2026-11-23T04:30:00"),  # Five fields: second 0.
        ("59 59 23 31 12 *", "2026-12-31T23:59:59", "2027-12-31T23:59:59"),
        ("0 0 0 31 2 *", START, None),
    ],
)
def test_the_next_occurrence_is_the_one_of_ncrontab(
    expression: str, after: str, expected: str | None
) -> None:
    found = Schedule(expression).next_after(datetime.fromisoformat(after))
    assert found == (datetime.fromisoformat(expected) if expected else None)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("* * * *", "has 4 fields"),
        ("60 * * * * *", "second '60': must be from 0 to 59"),
        ("0 0 0 0 * *", "day '0': must be from 1 to 31"),
        ("0 0 0 * * 7", "day of week '7'"),
        ("*/0 * * * * *", "the step must be 1 or more"),
        ("a * * * * *", "second 'a': 'a' is not a number"),
        ("1- * * * * *", "second '1-'"),
        ("0 0 0 * dez *", "month 'dez'"),
    ],
)
def test_a_wrong_expression_names_its_field(expression: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Schedule(expression)
