from pathlib import Path

import pytest

from tools.orders import __main__ as orders
from tools.orders.__main__ import build_parser, item, order_from
from tools.processes import ToolError


def order(*arguments: str) -> object:
    return order_from(build_parser().parse_args(["place", *arguments]))


def test_an_order_is_made_of_its_items() -> None:
    assert order("--item", "tea=2", "--item", "mug.1=1", "--id", "o-1", "--customer", "bob") == {
        "orderId": "o-1",
        "customerId": "bob",
        "items": [{"sku": "tea", "quantity": 2}, {"sku": "mug.1", "quantity": 1}],
        "paymentMethod": "pm_card_visa",
    }
    assert "orderId" not in order("--item", "tea=2")  # type: ignore[operator]


def test_an_order_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "order.json"
    path.write_text('{"orderId": "o-1"}')
    assert order(str(path)) == {"orderId": "o-1"}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([], "Say what is ordered"),
        (["--item", "tea"], "--item tea is not SKU=QUANTITY"),
        (["x.json", "--item", "tea=1"], "not both"),
        (["missing.json"], "missing.json cannot be read"),
    ],
)
def test_what_is_no_order_is_one_clear_line(arguments: list[str], error: str) -> None:
    with pytest.raises(ToolError, match=error):
        order(*arguments)


def test_a_file_that_is_not_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "order.json"
    path.write_text("{")
    with pytest.raises(ToolError, match="is not JSON"):
        order(str(path))


@pytest.mark.parametrize("text", ["tea=", "tea=x", "tea=-1", "tea=1.5", "tea=\u0661"])
def test_a_quantity_is_a_whole_number(text: str) -> None:
    with pytest.raises(ToolError, match="SKU=QUANTITY"):
        item(text)


@pytest.mark.parametrize("arguments", [["--help"], ["place", "--help"], ["watch", "--help"]])
def test_help_shows_examples(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        orders.main(arguments)
    assert exit.value.code == 0
    assert "python -m tools.orders watch order-17" in capsys.readouterr().out


@pytest.mark.parametrize("url", ["localhost:7071", "ftp://x", ""])
def test_an_address_that_is_no_url_is_one_clear_line(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert orders.main(["show", "o-1", "--url", url]) == 1
    assert "is no URL" in capsys.readouterr().err


def test_nobody_listening_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert orders.main(["watch", "o-1", "--url", "http://127.0.0.1:9"]) == 1
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1
    assert printed.err.startswith("No answer from http://127.0.0.1:9")
