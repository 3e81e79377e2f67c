import pytest

from tools.demo import why


@pytest.mark.parametrize(
    "output",
    [{"orderId": "demo-1", "stage": "Rejected", "reason": "Two currencies."}, "Two currencies."],
)
def test_the_demo_says_why_its_order_ended_without_an_invoice(output: object) -> None:
    assert why(output) == "Two currencies."
