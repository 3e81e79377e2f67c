"""Tell the story of one order on a real host: short, paused, restocked, resumed, invoiced."""

from __future__ import annotations

import base64
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tools.azurite import Azurite
from tools.cli import HostName, Tool
from tools.console import fail, progress, say, styled, working
from tools.event_queue import QUEUE, notification, open_queue, send
from tools.hosts import Host, choose_host, free_port
from tools.http_client import Response, request
from tools.invoice import as_json, lines_of, money
from tools.orders.words import missing
from tools.processes import ToolError, wait_until

ORDER_ID = "demo-1"
MACHINE = {
    "description": "Espresso machine",
    "unitPrice": 49900,
    "currency": "EUR",
    "available": 1,
}
BEANS = {"description": "Coffee beans, 1 kg", "unitPrice": 1890, "currency": "EUR", "available": 20}
ORDER = {
    "orderId": ORDER_ID,
    "customerId": "ada",
    "items": [
        {"sku": "espresso-machine", "quantity": 2},
        {"sku": "coffee-beans", "quantity": 3},
    ],
    "paymentMethod": "pm_card_visa",
}


tool = Tool(
    "tools.demo",
    "Tell the story of one order, from missing stock to its invoice, and leave nothing behind.",
    ["make demo", "python -m tools.demo --host emulator"],
)


@tool.command()
def demo(host: HostName = "auto") -> int:
    """Tell the story of one order, from missing stock to its invoice; 0 if all of it happened.

    On Azurite and a Functions host of its own, in a temporary folder and on free ports.
    """
    started = time.monotonic()
    try:
        play(host)
    except ToolError as error:
        fail(f"\nThe demo failed. {error}")
        return error.exit_code
    except KeyboardInterrupt:
        fail("\nThe demo was interrupted; everything is stopped.")
        raise
    took = time.monotonic() - started
    say(styled(f"\nDone in {took:.0f} s; everything is stopped.", "green"))
    say("Next: `make run`, then watch orders in the browser: http://127.0.0.1:7071/api/page")
    return 0


def play(wanted: str) -> None:
    """Start Azurite and the host in a temporary folder, tell the story, stop both."""
    choice = choose_host(wanted)
    say(styled("One order, from missing stock to its invoice\n", "bold"))
    say(f"   Host: {styled(choice.name, 'bold')} - {choice.reason}")
    with tempfile.TemporaryDirectory(prefix="order-demo-") as folder, ExitStack() as started:
        with progress("   Starting it on Azurite"):
            azurite = started.enter_context(Azurite())
            host = started.enter_context(
                Host(
                    choice,
                    port=free_port(),
                    storage=azurite.connection_string(),
                    state=Path(folder) / "state.db",
                    output=Path(folder) / "host.log",
                )
            )
        try:
            tell(host.base_url, azurite.connection_string())
        except ToolError as error:
            printed = "\n".join(host.log.splitlines()[-15:])
            raise ToolError(f"{error}\n\nThe host's last lines:\n{printed}") from error
        with working("Stopping everything"):
            started.close()


def tell(base_url: str, connection: str) -> None:
    """Go through the seven steps; raises ToolError at the first that does not happen."""
    step(1, "Put stock in")
    stock(base_url, "espresso-machine", MACHINE)
    stock(base_url, "coffee-beans", BEANS)

    step(2, "Place an order for 2 machines and 3 bags: one machine too many")
    placed = call("POST", f"{base_url}/api/orders", ORDER, expected=202).json()
    status_url = placed["statusQueryGetUri"]
    detail(f"accepted as {placed['id']}")

    step(3, "The order pauses")
    paused = watch(status_url, lambda status: stage(status) == "AwaitingProceed", "pause")
    for name, value in paused["customStatus"].items():
        detail(f"{name:<10} {' or '.join(value) if isinstance(value, list) else value}")
    order = call("GET", f"{base_url}/api/orders/{ORDER_ID}", expected=200).json()
    detail(f"{'short':<10} {missing(order['short'])}")

    step(4, f"This message on {QUEUE} wakes it up")
    text = notification(ORDER_ID, "Proceed", {"reason": "restocked"})
    detail(text)
    detail(
        f"by hand: .venv/bin/python -m tools.events send {ORDER_ID} Proceed "
        """'{"reason": "restocked"}'""",
        "dim",
    )

    step(5, "Restock")
    stock(base_url, "espresso-machine", {**MACHINE, "available": 5})

    step(6, "Send the message, base64 as the queue trigger expects")
    with open_queue(connection) as queue:
        send(queue, text)
    sent = time.monotonic()
    detail(base64.b64encode(text.encode()).decode()[:60] + "...")
    done = watch(status_url, lambda status: status["runtimeStatus"] != "Running", "go on")
    if stage(done) != "Invoiced":
        raise ToolError(f"The order ended as {stage(done)}: {why(done['output'])}")
    detail(f"invoiced {time.monotonic() - sent:.1f} s later")

    step(7, "The invoice")
    invoice = done["output"]
    for line in lines_of(invoice):
        detail(line, "bold")
    say()
    for line in as_json(invoice):
        detail(line, "dim")


def step(number: int, title: str) -> None:
    """Print the title of a step."""
    say(f"\n{styled(f'{number}. {title}', 'cyan')}")


def detail(text: str, style: str | None = None) -> None:
    """Print an indented line under a step's title."""
    say("   " + (styled(text, style) if style else text))


def stock(base_url: str, sku: str, product: dict[str, Any]) -> None:
    """Set the stock and the price of a SKU."""
    call("PUT", f"{base_url}/api/inventory/{sku}", product, expected=200)
    price = money(product["unitPrice"], product["currency"])
    detail(f"{product['available']:>3} x {product['description']:<20} {price:>12}")


def call(method: str, url: str, body: Any = None, *, expected: int) -> Response:
    """Send a request; raises ToolError for another status than expected (200 admits any 2xx)."""
    answer = request(method, url, body)
    if answer.status == expected or (expected == 200 and answer.status // 100 == 2):
        return answer
    raise ToolError(f"{method} {url} answered {answer.status or 'nothing'}: {answer.text.strip()}")


def watch(
    status_url: str, condition: Callable[[dict[str, Any]], bool], what: str, seconds: float = 60
) -> dict[str, Any]:
    """Poll the status until the condition holds; raises ToolError when it never does."""
    status: dict[str, Any] = {}

    def holds() -> bool:
        answer = request("GET", status_url)
        if answer.status not in (200, 202):
            raise ToolError(f"The status answered {answer.status}: {answer.text.strip()}")
        status.update(answer.json())
        return condition(status)

    with working(f"Waiting for the order to {what}"):
        reached = wait_until(holds, seconds)
    if not reached:
        raise ToolError(f"The order did not {what} within {seconds:.0f} s. Its status: {status}")
    return status


def stage(status: dict[str, Any]) -> str:
    """Return the stage of a status, or an empty string before the first."""
    return str((status.get("customStatus") or {}).get("stage", ""))


def why(output: Any) -> str:
    """Return why an order ended without an invoice: its reason, or the text of its failure."""
    return str(output.get("reason", output) if isinstance(output, dict) else output)


if __name__ == "__main__":
    sys.exit(tool.run())
