"""Orders and stock for a person at a terminal: `python -m tools.orders list`, `place`, ..."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tools.cli import Tool
from tools.console import say
from tools.json_argument import parse_data
from tools.orders import placing, showing, stock
from tools.orders.api import OrderApi
from tools.processes import WrongUsage

DEFAULT_URL = "http://localhost:7071"

tool = Tool(
    "tools.orders",
    "Orders and stock of the app, here or on Azure, over its HTTP interface.",
    [
        "python -m tools.orders list --stage AwaitingProceed",
        "python -m tools.orders place --item espresso-machine=2 --item coffee-beans=3 --watch",
        "python -m tools.orders place --id order-17 --customer ada --item tea=1",
        "python -m tools.orders place order.json",
        "python -m tools.orders show order-17",
        'python -m tools.orders watch order-17 --url https://shop.azurewebsites.net --key "$KEY"',
        "python -m tools.orders proceed order-17",
        "python -m tools.orders cancel order-17 '\"the customer changed her mind\"'",
        "python -m tools.orders restock espresso-machine 5",
        "python -m tools.orders stock show",
        "python -m tools.orders stock set espresso-machine --available 5",
    ],
)
stock_command = tool.group("stock", "Show stock and prices, or set them.")

OrderId = Annotated[str, typer.Argument(metavar="ORDER-ID", help="The order's id.")]
Sku = Annotated[str, typer.Argument(metavar="SKU", help="Which product.")]
Data = Annotated[
    str | None, typer.Argument(metavar="JSON", help="The event's data; default: null.")
]
Url = Annotated[
    str, typer.Option("--url", metavar="URL", envvar="ORDERS_URL", help="Where the app is.")
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key", metavar="KEY", envvar="ORDERS_KEY", help="A function key of the app on Azure."
    ),
]


@tool.command("list")
def list_orders(
    stage: Annotated[
        str | None, typer.Option(metavar="STAGE", help="Only those in a stage: AwaitingProceed...")
    ] = None,
    top: Annotated[int, typer.Option(min=1, metavar="N", help="How many at most.")] = 20,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    after: Annotated[
        str | None, typer.Option(metavar="TOKEN", help="Go on where a list before has ended.")
    ] = None,
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> int:
    """List orders, and what those that wait are short of."""
    orders, token = OrderApi(url, key).orders(stage, None if everything else top, after)
    showing.print_list(orders)
    if token:
        again = f" --stage {stage}" if stage else ""
        say(f"\nThere are more: --all, or from here on: list{again} --after {token}")
    return 0


@tool.command()
def place(
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="The order as JSON; - for stdin.")
    ] = None,
    order_id: Annotated[
        str | None,
        typer.Option("--id", metavar="ORDER-ID", help="Its id; default: the app makes one."),
    ] = None,
    customer: Annotated[str, typer.Option(metavar="ID", help="Who orders.")] = "ada",
    item: Annotated[
        list[str] | None, typer.Option(metavar="SKU=QUANTITY", help="What; one for each line.")
    ] = None,
    payment: Annotated[str, typer.Option(metavar="METHOD", help="How.")] = "pm_card_visa",
    watch: Annotated[bool, typer.Option("--watch", help="Then follow it to its end.")] = False,
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> int:
    """Place an order."""
    api = OrderApi(url, key)
    order = placing.order_from(file, order_id, customer, item or [], payment)
    placed = api.place(order)
    if watch:
        say(f"Placed {placed}.")
        return showing.follow(api, placed)
    say(f"Placed {placed}. What becomes of it: python -m tools.orders watch {placed}")
    return 0


@tool.command()
def show(order_id: OrderId, url: Url = DEFAULT_URL, key: Key = None) -> int:
    """Show an order as it is now. It says what is short, or shows the invoice."""
    return showing.print_order(OrderApi(url, key).show(order_id))


@tool.command("watch")
def watch_order(order_id: OrderId, url: Url = DEFAULT_URL, key: Key = None) -> int:
    """Follow an order, step by step, to its end. Times are in UTC."""
    return showing.follow(OrderApi(url, key), order_id)


@tool.command()
def proceed(order_id: OrderId, data: Data = None, url: Url = DEFAULT_URL, key: Key = None) -> int:
    """Have a waiting order look at the stock again. Stock decides, the event only wakes."""
    OrderApi(url, key).raise_event(order_id, "Proceed", parse_data(data))
    say(f"Sent Proceed to {order_id}. What becomes of it: python -m tools.orders watch {order_id}")
    return 0


@tool.command()
def cancel(order_id: OrderId, data: Data = None, url: Url = DEFAULT_URL, key: Key = None) -> int:
    """Cancel an order that waits. One that is being charged already is charged."""
    OrderApi(url, key).raise_event(order_id, "Cancel", parse_data(data))
    say(f"Sent Cancel to {order_id}. What becomes of it: python -m tools.orders show {order_id}")
    return 0


@tool.command()
def restock(
    sku: Sku,
    quantity: Annotated[int, typer.Argument(metavar="QUANTITY", min=1, help="How many come in.")],
    delivery: Annotated[
        str | None,
        typer.Option(
            metavar="KEY", help="The delivery's own name: a second time under it adds nothing."
        ),
    ] = None,
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> int:
    """Add stock, and wake the orders that it can serve. The oldest goes first."""
    return stock.restock(OrderApi(url, key), sku, quantity, delivery)


@stock_command("show")
def show_stock(
    sku: Annotated[
        str | None, typer.Argument(metavar="SKU", help="Which product; default: all.")
    ] = None,
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> int:
    """Show stock and prices. The list of all says what orders hold and how many wait, too."""
    return stock.show(OrderApi(url, key), sku)


@stock_command("set")
def set_stock(
    sku: Sku,
    available: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="How many can be ordered.")
    ] = None,
    unit_price: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="In the currency's minor units: 49900 is 499.00."),
    ] = None,
    currency: Annotated[str | None, typer.Option(metavar="CODE", help="Such as EUR.")] = None,
    description: Annotated[str | None, typer.Option(metavar="TEXT", help="Its name.")] = None,
    url: Url = DEFAULT_URL,
    key: Key = None,
) -> int:
    """Set stock and price of a product. What is not said stays; a new one needs all four.

    It wakes no order: `restock` does, and `proceed`.
    """
    wanted = {
        "available": available,
        "unitPrice": unit_price,
        "currency": currency,
        "description": description,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    if not given:
        raise WrongUsage("Say what to set: --available, --unit-price, --currency, --description.")
    return stock.set_to(OrderApi(url, key), sku, given)


if __name__ == "__main__":
    sys.exit(tool.run())
