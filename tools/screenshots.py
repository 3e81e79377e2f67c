"""Take the pictures of the page that README and docs show: `make screenshots`."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tools.azurite import Azurite
from tools.browser import open_browser
from tools.cli import HostName, Tool
from tools.console import fail, progress, say
from tools.demo import call
from tools.event_queue import open_queue, send
from tools.hosts import ROOT, Host, choose_host, free_port
from tools.http_client import request
from tools.processes import ToolError, wait_until
from tools.run import CRASH_SETTINGS, page_url

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = ROOT / "docs" / "pictures"
LARGEST = 200_000

# Size, light or dark, what the address names, and what must be there before the picture is taken.
WIDE = (1180, 800)
PICTURES: Mapping[str, tuple[tuple[int, int], str, str, str]] = {
    "orders": (WIDE, "light", "#/orders", ".filters .count:not([hidden])"),
    "order": (WIDE, "light", "#/orders/order-17", "#invoice"),
    "order-waiting-dark": (WIDE, "dark", "#/orders/order-21", "text=Waits"),
    "failed": (WIDE, "light", "#/failed", ".failed .card"),
}
STOCK = {
    "espresso-machine": ("Espresso machine", 49900, 1),
    "coffee-beans": ("Coffee beans, 1 kg", 1890, 120),
    "grinder": ("Grinder", 12900, 7),
}


tool = Tool("tools.screenshots", "Take the pictures of the page anew.", ["make screenshots"])


@tool.command()
def screenshots(
    folder: Annotated[Path, typer.Argument(help="Where the pictures go.")] = FOLDER,
    host: HostName = "auto",
) -> int:
    """Fill a shop and take the pictures of its page; needs a Chromium or Chrome."""
    try:
        take(folder, host)
    except ToolError as error:
        fail(f"No pictures: {error}")
        return error.exit_code
    return 0


def take(folder: Path, wanted: str) -> None:
    """Start Azurite and a host in a temporary folder, fill the shop, take each picture."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="pictures-") as temporary,
        Azurite() as azurite,
        Host(
            choose_host(wanted),
            port=free_port(),
            storage=azurite.connection_string(),
            state=Path(temporary) / "state.db",
            output=Path(temporary) / "host.log",
            settings=CRASH_SETTINGS,
        ) as host,
        open_browser() as browser,
    ):
        with progress("Filling the shop"):
            fill(host.base_url, azurite.connection_string())
        for name in PICTURES:
            photograph(browser, page_url(host.base_url), name, folder / f"{name}.png")


def fill(base_url: str, connection: str) -> None:
    """Place orders of every kind, and leave a message that cannot be delivered."""
    for sku, (description, price, available) in STOCK.items():
        item = {"description": description, "unitPrice": price, "currency": "EUR"}
        call(
            "PUT", f"{base_url}/api/inventory/{sku}", {**item, "available": available}, expected=200
        )
    for number, customer in enumerate(("grace", "alan", "edsger"), start=12):
        place(base_url, f"order-{number}", customer, {"coffee-beans": number - 10})
    place(base_url, "order-16", "barbara", {"grinder": 1}, "pm_card_visa_chargeDeclined")
    place(base_url, "order-17", "ada", {"espresso-machine": 2, "coffee-beans": 3})
    await_stage(base_url, "order-17", "AwaitingProceed")
    event(base_url, "order-17", "Proceed")
    await_stage(base_url, "order-17", "AwaitingProceed", attempt=2)
    restock = f"{base_url}/api/inventory/espresso-machine/restock"
    call("POST", restock, {"quantity": 1}, expected=200)
    await_stage(base_url, "order-17", "Invoiced")
    for order_id, customer, pieces in (("order-18", "linus", 9), ("order-21", "ken", 4)):
        place(base_url, order_id, customer, {"grinder": pieces, "espresso-machine": 1})
        await_stage(base_url, order_id, "AwaitingProceed")
    event(base_url, "order-18", "Cancel")
    await_stage(base_url, "order-18", "Cancelled")
    with open_queue(connection) as queue:
        send(queue, '{"instanceID": "order-21", "EventName": "Ship it"}')
    failed = f"{base_url}/api/events/failed"
    wait_until(lambda: request("GET", failed).json()["total"] > 0, 60)


def place(
    base_url: str,
    order_id: str,
    customer: str,
    items: Mapping[str, int],
    method: str = "pm_card_visa",
) -> None:
    """Place an order."""
    order = {
        "orderId": order_id,
        "customerId": customer,
        "items": [{"sku": sku, "quantity": pieces} for sku, pieces in items.items()],
        "paymentMethod": method,
    }
    call("POST", f"{base_url}/api/orders", order, expected=202)


def event(base_url: str, order_id: str, name: str) -> None:
    """Raise an event on an order."""
    call("POST", f"{base_url}/api/orders/{order_id}/events/{name}", expected=202)


def await_stage(base_url: str, order_id: str, stage: str, **more: Any) -> None:
    """Wait until an order is in a stage; raises ToolError if it never is."""
    wanted = {"stage": stage, **more}

    def reached() -> bool:
        order = request("GET", f"{base_url}/api/orders/{order_id}").json()
        return all(order.get(name) == value for name, value in wanted.items())

    if not wait_until(reached, 60):
        raise ToolError(f"{order_id} did not become {wanted}.")


def photograph(browser: Browser, url: str, name: str, path: Path) -> None:
    """Take one picture; raises ToolError if it is too large for a repository."""
    (width, height), scheme, view, awaited = PICTURES[name]
    page: Page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        locale="en-GB",
        reduced_motion="reduce",
    )
    started = time.monotonic()
    page.goto(url + view)
    page.wait_for_selector(awaited)
    took = time.monotonic() - started
    page.wait_for_selector(".emulator:not([hidden])")
    page.screenshot(path=path)
    page.close()
    size = path.stat().st_size
    if size > LARGEST:
        raise ToolError(f"{path} has {size} bytes; at most {LARGEST} are wanted.")
    say(f"{name:<20} {size / 1000:>5.0f} KB, shown after {took * 1000:.0f} ms")


if __name__ == "__main__":
    sys.exit(tool.run())
