from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.orders import placing
from tools.orders.__main__ import tool
from tools.orders.api import OrderApi
from tools.orders.placing import item
from tools.processes import WrongUsage

Placed = Callable[..., Any]


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> Placed:
    """What the command line places."""
    placed: list[Any] = []

    def place(self: OrderApi, body: Any) -> str:
        placed.append(body)
        return "o-1"

    monkeypatch.setattr(OrderApi, "place", place)

    def run(*arguments: str) -> Any:
        assert tool.run(["place", *arguments]) == 0
        return placed.pop()

    return run


def test_an_order_is_made_of_its_items(order: Placed) -> None:
    assert order("--item", "tea=2", "--item", "mug.1=1", "--id", "o-1", "--customer", "bob") == {
        "orderId": "o-1",
        "customerId": "bob",
        "items": [{"sku": "tea", "quantity": 2}, {"sku": "mug.1", "quantity": 1}],
        "paymentMethod": "pm_card_visa",
    }
    assert "orderId" not in order("--item", "tea=2")


def test_an_order_is_read_from_a_file(tmp_path: Path, order: Placed) -> None:
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
def test_what_is_no_order_is_one_clear_line_and_wrong_usage(
    arguments: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.run(["place", *arguments]) == 2
    printed = capsys.readouterr().err
    assert error in printed and printed.count("\n") == 1


def test_a_file_that_is_not_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "order.json"
    path.write_text("{")
    with pytest.raises(WrongUsage, match="is not JSON"):
        placing.read_file(str(path))


@pytest.mark.parametrize("text", ["tea=", "tea=x", "tea=-1", "tea=1.5", "tea=\u0661"])
def test_a_quantity_is_a_whole_number(text: str) -> None:
    with pytest.raises(WrongUsage, match="SKU=QUANTITY"):
        item(text)


@pytest.mark.parametrize("arguments", [["--help"], ["place", "--help"], ["watch", "--help"]])
def test_help_shows_examples(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.run(arguments) == 0
    assert "  python -m tools.orders " in capsys.readouterr().out


@pytest.mark.parametrize("url", ["localhost:7071", "ftp://x", ""])
def test_an_address_that_is_no_url_is_one_clear_line(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.run(["show", "o-1", "--url", url]) == 2
    assert "is no URL" in capsys.readouterr().err


def test_nobody_listening_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.run(["watch", "o-1", "--url", "http://127.0.0.1:9"]) == 4
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1
    assert printed.err.startswith("No answer from http://127.0.0.1:9: connection refused.")
    assert "`make run`" in printed.err and "Errno" not in printed.err
