import pytest

from ordering.log_text import first_line, money, pieces, shortage


def test_goods_are_listed_by_number_and_sku() -> None:
    assert pieces({"TEA": 2, "CUP": 1}) == "2 TEA, 1 CUP"


def test_a_long_list_is_cut() -> None:
    assert pieces({f"S{number}": 1 for number in range(8)}) == (
        "1 S0, 1 S1, 1 S2, 1 S3, 1 S4 and 3 more"
    )


def test_a_shortage_says_how_many_of_how_many_are_missing() -> None:
    assert shortage({"TEA": 44}, {"TEA": 50, "CUP": 1}) == "44 of 50 TEA missing"


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1250, "EUR", "12.50 EUR"),
        (5, "USD", "0.05 USD"),
        (500, "JPY", "500 JPY"),
        (1, "KWD", "0.001 KWD"),
    ],
)
def test_money_has_the_digits_of_its_currency(amount: int, currency: str, text: str) -> None:
    assert money(amount, currency) == text


@pytest.mark.parametrize(("text", "line"), [("a\nb", "a"), ("  a\r\n", "a"), ("\n", ""), ("", "")])
def test_a_text_from_outside_is_one_line(text: str, line: str) -> None:
    assert first_line(text) == line
