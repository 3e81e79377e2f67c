import pytest

from tests.costs import assert_costs


def test_counts_as_expected_pass() -> None:
    assert_costs("an order", {"queries": 1, "writes": 0}, {"queries": 1})


@pytest.mark.parametrize(
    ("counted", "line", "advice"),
    [
        ({"queries": 2}, "queries: 2 instead of 1 (rose)", "what it buys"),
        ({"queries": 1, "writes": 1}, "writes: 1 instead of 0 (rose)", "what it buys"),
        ({}, "queries: 0 instead of 1 (fell)", "rise again"),
    ],
)
def test_a_change_is_told_by_kind_with_what_to_do(
    counted: dict[str, int], line: str, advice: str
) -> None:
    with pytest.raises(AssertionError) as failure:
        assert_costs("an order", {"queries": 1}, counted)
    text = str(failure.value)
    assert "The cost of an order changed." in text
    assert line in text and advice in text
