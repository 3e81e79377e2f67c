"""The commands against a host of our own making that wants keys, as Azure does."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tools.orders.__main__ import tool

FUNCTION_KEY, SALES_KEY = "function+key/=", "not for the history"

INVOICE = {
    "invoiceId": "INV-o-1",
    "orderId": "o-1",
    "currency": "EUR",
    "total": 500,
    "lines": [{"sku": "TEA", "description": "Tea", "quantity": 2, "unitPrice": 250, "amount": 500}],
}
ORDER = {
    "orderId": "o-1",
    "stage": "Invoiced",
    "runtimeStatus": "Completed",
    "createdTime": "2026-11-22T20:14:00Z",
    "lastUpdatedTime": "2026-11-22T20:14:05Z",
    "invoice": INVOICE,
    "error": None,
}


class Azure(ThreadingHTTPServer):
    """Functions take either key in a header, but the history only one."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.placed: list[Any] = []
        self.restocks: list[tuple[str, Any]] = []
        self.order: dict[str, Any] = ORDER


class Handler(BaseHTTPRequestHandler):
    server: Azure

    def do_GET(self) -> None:
        if not self._has_key():
            return self._answer(401, b"")
        if self.path == "/api/orders/o-1/history":
            if self.headers["x-functions-key"] == SALES_KEY:
                return self._answer(401, b"")
            return self._answer(200, [{"type": "placed", "time": "2026-11-22T20:14:00.100Z"}])
        if self.path == "/api/orders/o-1":
            return self._answer(200, self.server.order)
        return self._answer(404, {"error": "There is no such order."})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._has_key():
            return self._answer(401, b"")
        if self.path.endswith("/restock"):
            self.server.restocks.append((self.headers["Idempotency-Key"], body))
            return self._answer(503, {"error": "Storage is not available at the moment."})
        if body["items"][0]["sku"] != "TEA":
            return self._answer(400, {"error": "items[0].sku is not in the catalogue."})
        self.server.placed.append(body)
        return self._answer(202, {"id": body.get("orderId", "made")})

    def _has_key(self) -> bool:
        return self.headers.get("x-functions-key") in (FUNCTION_KEY, SALES_KEY)

    def _answer(self, status: int, body: Any) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""


@pytest.fixture
def azure() -> Iterator[Azure]:
    with Azure() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


Run = Callable[..., int]


@pytest.fixture
def run(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("ORDERS_KEY", raising=False)
    monkeypatch.setenv("ORDERS_URL", f"http://127.0.0.1:{azure.server_port}/")
    return lambda *arguments: tool.run(list(arguments))


def test_an_order_is_placed_with_a_function_key(
    run: Run, azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("place", "--item", "TEA=2", "--id", "o-1", "--key", FUNCTION_KEY) == 0
    assert capsys.readouterr().out.startswith("Placed o-1. ")
    assert azure.placed[0]["items"] == [{"sku": "TEA", "quantity": 2}]


def test_a_refused_order_says_why(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("place", "--item", "XX=2", "--key", FUNCTION_KEY) == 1
    assert capsys.readouterr().err == "items[0].sku is not in the catalogue.\n"


def test_a_missing_key_says_what_to_do(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "o-1") == 1
    assert "Say --key" in capsys.readouterr().err


def test_an_unknown_order_is_one_clear_line(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "x/../o-1", "--key", FUNCTION_KEY) == 1
    assert capsys.readouterr().err == "There is no such order.\n"


def test_an_order_is_shown_with_its_invoice(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "o-1", "--key", FUNCTION_KEY) == 0
    printed = capsys.readouterr().out
    assert "\nstage    Invoiced\n" in printed and "5.00 EUR" in printed


def test_a_function_key_shows_the_history(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("watch", "o-1", "--key", FUNCTION_KEY) == 0
    printed = capsys.readouterr().out
    assert "2026-11-22 20:14:00  order placed\no-1: Invoiced\n" in printed
    assert "5.00 EUR" in printed and "\033" not in printed


def test_a_key_that_does_not_open_the_history_is_enough_to_watch_the_stages(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("watch", "o-1", "--key", SALES_KEY) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("o-1: Invoiced\nNo history: the app does not show it for this key.")


def test_a_restock_that_may_have_been_done_says_how_to_repeat_it_safely(
    run: Run, azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("restock", "TEA", "5", "--key", FUNCTION_KEY) == 4
    told = capsys.readouterr().err
    assert "Storage is not available at the moment." in told
    again = told.split("Safe to repeat: python -m tools.orders ", 1)[1].split()
    assert run(*again, "--key", FUNCTION_KEY) == 4
    assert azure.restocks[0] == azure.restocks[1] == (again[-1], {"quantity": 5})


def test_a_waiting_order_says_what_is_short(
    run: Run, azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    azure.order = {
        **ORDER,
        "stage": "AwaitingProceed",
        "runtimeStatus": "Running",
        "attempt": 3,
        "waitingFor": ["Proceed", "Cancel"],
        "until": "2026-11-29T20:14:00Z",
        "short": [{"sku": "espresso-machine", "missing": 44, "needed": 46, "available": 2}],
        "invoice": None,
    }
    assert run("show", "o-1", "--key", FUNCTION_KEY) == 0
    assert capsys.readouterr().out.splitlines() == [
        "order      o-1",
        "stage      AwaitingProceed, attempt 3",
        "waits for  Proceed or Cancel until 2026-11-29 20:14:00 UTC",
        "short of   espresso-machine: 44 missing",
        "placed     2026-11-22 20:14:00 UTC",
        "changed    2026-11-22 20:14:05 UTC",
    ]


def test_an_order_that_ended_without_an_invoice_is_told_by_the_exit_code(
    run: Run, azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    azure.order = {
        **ORDER,
        "stage": "Cancelled",
        "invoice": None,
        "reason": "The order was cancelled while it waited for stock.",
        "error": None,
    }
    for command in ("watch", "show"):
        assert run(command, "o-1", "--key", FUNCTION_KEY) == 3
        printed = capsys.readouterr().out
        assert "The order was cancelled while it waited for stock.\n" in printed
        assert "Cancelled" in printed and "Failed" not in printed


def test_an_order_that_failed_says_what_failed(
    run: Run, azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    azure.order = {
        **ORDER,
        "stage": "Failed",
        "runtimeStatus": "Failed",
        "invoice": None,
        "reason": None,
        "error": "RefundPayment failed and must be done by hand.",
    }
    assert run("watch", "o-1", "--key", FUNCTION_KEY) == 3
    printed = capsys.readouterr().out
    assert "o-1: Failed\n" in printed
    assert "RefundPayment failed and must be done by hand.\n" in printed
