"""Place, show and watch orders: `python -m tools.orders place|show|watch`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.console import fail, say, styled
from tools.invoice import table
from tools.orders.api import OrderApi
from tools.orders.watch import ENDED, watch
from tools.processes import ToolError

DEFAULT_URL = "http://localhost:7071"
WITHOUT_INVOICE = 3

EXAMPLES = """\
examples:
  python -m tools.orders place --item espresso-machine=2 --item coffee-beans=3 --watch
  python -m tools.orders place --id order-17 --customer ada --item tea=1 --payment pm_card_visa
  python -m tools.orders place order.json
  python -m tools.orders show order-17
  python -m tools.orders watch order-17 --url https://my-shop.azurewebsites.net --key "$KEY"

exit codes:
  0 done (watch: the order is invoiced), 1 it could not be done, 3 the order ended without an
  invoice
"""


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; answer the exit code."""
    options = build_parser().parse_args(arguments)
    try:
        done: int = options.run(options, OrderApi(options.url, options.key))
    except ToolError as error:
        fail(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return done


def place(options: argparse.Namespace, api: OrderApi) -> int:
    """Place an order, and watch it if asked to."""
    order_id = api.place(order_from(options))
    say(f"Placed {order_id}.")
    return follow(api, order_id) if options.watch else 0


def show(options: argparse.Namespace, api: OrderApi) -> int:
    """Show an order as it is now."""
    order = api.show(options.order_id)
    for name in ("orderId", "stage", "runtimeStatus", "createdTime", "lastUpdatedTime"):
        say(f"{name:<16} {order[name]}")
    return end(order)


def watch_order(options: argparse.Namespace, api: OrderApi) -> int:
    """Follow an order to its end."""
    return follow(api, options.order_id)


def follow(api: OrderApi, order_id: str) -> int:
    """Watch an order on standard output; answer the exit code that its end asks for."""
    return end(watch(api, order_id, sys.stdout))


def end(order: dict[str, Any]) -> int:
    """Print the invoice of an order or why it has none; answer its exit code, 0 while it runs."""
    if order["invoice"]:
        say()
        for line in table(order["invoice"]):
            say(line)
    if why := order["error"] or order.get("reason"):
        say(styled(why, "yellow"))
    return WITHOUT_INVOICE if order["runtimeStatus"] in ENDED and not order["invoice"] else 0


def order_from(options: argparse.Namespace) -> Any:
    """Return the OrderRequestData of the command line or of a file; raises ToolError.

    The app checks it: nothing is known here of what an order must be.
    """
    if options.file:
        if options.item or options.id:
            raise ToolError("Say a file, or --item and the others, not both.")
        return read_file(options.file)
    if not options.item:
        raise ToolError("Say what is ordered: --item SKU=QUANTITY, or a file with the order.")
    order: dict[str, Any] = {
        "customerId": options.customer,
        "items": [item(text) for text in options.item],
        "paymentMethod": options.payment,
    }
    return {"orderId": options.id, **order} if options.id else order


def item(text: str) -> dict[str, Any]:
    """Return a line of an order from `SKU=QUANTITY`; raises ToolError."""
    sku, _, quantity = text.partition("=")
    if not (quantity.isascii() and quantity.isdigit() and len(quantity) < 10):
        raise ToolError(f"--item {text} is not SKU=QUANTITY, such as coffee-beans=3.")
    return {"sku": sku, "quantity": int(quantity)}


def read_file(name: str) -> Any:
    """Return the JSON of a file, or of standard input for `-`; raises ToolError."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        return json.loads(text)
    except OSError as error:
        raise ToolError(f"{name} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ToolError(f"{name} is not JSON: {error}") from error


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.orders",
        description="Orders on any host of the app, here or on Azure.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    placer = _command(commands, "place", place, "place an order")
    placer.add_argument("file", nargs="?", metavar="FILE", help="the order as JSON; - for stdin")
    placer.add_argument("--id", metavar="ORDER-ID", help="its id; default: the app makes one")
    placer.add_argument("--customer", default="ada", metavar="ID", help="default: %(default)s")
    placer.add_argument("--item", action="append", metavar="SKU=QUANTITY", help="one for each line")
    placer.add_argument("--payment", default="pm_card_visa", metavar="METHOD", help="%(default)s")
    placer.add_argument("--watch", action="store_true", help="then follow it to its end")
    shower = _command(commands, "show", show, "show an order as it is now")
    watcher = _command(commands, "watch", watch_order, "follow an order to its end")
    for command in (shower, watcher):
        command.add_argument("order_id", metavar="ORDER-ID", help="the order's id")
    return parser


def _command(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace, OrderApi], int],
    purpose: str,
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=purpose,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--url",
        default=os.environ.get("ORDERS_URL") or DEFAULT_URL,
        help="where the app is; default: ORDERS_URL of the environment, else " + DEFAULT_URL,
    )
    command.add_argument(
        "--key",
        default=os.environ.get("ORDERS_KEY"),
        help="a function key of the app on Azure, or its master key to watch attempt and history "
        "as well; default: ORDERS_KEY of the environment",
    )
    command.set_defaults(run=run)
    return command


if __name__ == "__main__":
    sys.exit(main())
