"""Orders on standard output."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from tools.console import say, styled
from tools.invoice import lines_of, money
from tools.orders.api import OrderApi
from tools.orders.watch import watch
from tools.orders.words import ENDED, lacking, moment, stage, waiting, why
from tools.tables import table

WITHOUT_INVOICE = 3


def print_list(orders: Sequence[dict[str, Any]]) -> None:
    """Print a line for each order, with what a waiting one is short of or how it ended."""
    if not orders:
        say("There is no such order.")
        return
    rows = [
        (
            order["orderId"],
            stage(order, attempt=False),
            moment(order["createdTime"])[:16],
            _remark(order),
        )
        for order in orders
    ]
    head = ("order", "stage", "placed (UTC)", "short of, or how it ended")
    for line in table(rows, head, whole=(0, 1, 2)):
        say(line)


def print_order(order: dict[str, Any]) -> int:
    """Print all that the app says of an order; answer the exit code that it asks for."""
    facts = {
        "order": order["orderId"],
        "stage": stage(order),
        "waits for": waiting(order),
        "short of": lacking(order),
        "placed": order["createdTime"] and f"{moment(order['createdTime'])} UTC",
        "changed": order["lastUpdatedTime"] and f"{moment(order['lastUpdatedTime'])} UTC",
    }
    for line in table([(name, fact) for name, fact in facts.items() if fact]):
        say(line)
    return end(order)


def follow(api: OrderApi, order_id: str) -> int:
    """Watch an order on standard output; answer the exit code that its end asks for."""
    return end(watch(api, order_id, sys.stdout))


def end(order: dict[str, Any]) -> int:
    """Print the invoice of an order or why it has none; answer its exit code, 0 while it runs."""
    if order["invoice"]:
        say()
        for line in lines_of(order["invoice"]):
            say(line)
    if reason := why(order):
        say(styled(reason, "yellow"))
    return WITHOUT_INVOICE if order["runtimeStatus"] in ENDED and not order["invoice"] else 0


def _remark(order: dict[str, Any]) -> str:
    if order["invoice"]:
        return money(order["invoice"]["total"], order["invoice"]["currency"])
    return lacking(order) or why(order)
