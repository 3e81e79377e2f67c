"""What must hold of the two orders: at every moment, when all is quiet, and at the end."""

from __future__ import annotations

import json
from typing import Any

from ordering.stock.rows import reservation
from tests.unit.model.orchestrations import Standing
from tests.unit.model.states import State
from tests.unit.model.world import World

_TAKEN = ("taken", "returned")
_NONE_KEPT = ("refunded", "voided")


def wrong_now(world: World, state: State) -> str:
    """Return which of the invariants 2 and 3 does not hold, if one does not."""
    rows = {key: dict(content) for (_, (_, key)), content in state.rows if key != "payment"}
    stock = rows["sku:A"]
    held = [key for key, row in rows.items() if key[:6] == "order:" and row["state"] == "held"]
    if stock["available"] < 0 or stock["available"] + len(held) != stock["stocked"]:
        return f"invariant 3: {stock['available']} free, {held} held, {stock['stocked']} stocked"
    for name in world.ids:
        charges = [how for order, _, how in state.payments if order == name and how in _TAKEN]
        if len(charges) > 1:
            return f"invariant 2: {name} was charged twice"
    return ""


def idle_stock(world: World, state: State) -> str:
    available = dict(dict(state.rows)["inventory", ("main", "sku:A")])["available"]
    waiting = [
        name
        for of, name in enumerate(world.ids)
        if world.standing(state, of).stage == "AwaitingProceed" and world.standing(state, of).runs
    ]
    return f"invariant 6: {available} free, {waiting} wait" if available and waiting else ""


def ends(world: World, state: State) -> str:
    found = [world.standing(state, of) for of in range(len(world.ids))]
    return " ".join(each.stage if each.status != "Terminated" else each.status for each in found)


def wrong_at_the_end(world: World, state: State) -> str:
    """Return which of the invariants 1 and 2 does not hold, or which rows are left behind."""
    rows = {key: dict(content) for key, content in state.rows}
    for of, name in enumerate(world.ids):
        standing = world.standing(state, of)
        if standing.runs:
            return f"invariant 1: {name} has not ended: {standing}"
        stored = rows.get(("inventory", ("main", f"order:{name}")))
        held = reservation(stored).state if stored else ""
        payment = rows.get(("payments", (name, "payment")), {})
        kept = [
            reference
            for order, reference, how in state.payments
            if order == name and how == "taken"
        ]
        if trouble := _wrong_end(standing, held, payment, kept):
            return f"{trouble}: {name} {standing.stage}, {held!r}, {payment}, kept {kept}"
    left = [key for _, (_, key) in rows if key.startswith(("open:", "waiting:"))]
    return f"left behind: {left}" if left else ""


def _wrong_end(standing: Standing, held: str, payment: dict[str, Any], kept: list[str]) -> str:
    if standing.status == "Completed" and standing.stage == "Invoiced":
        invoice = json.loads(standing.output)
        if held != "held" or payment.get("state") != "charged" or invoice["total"] != 1:
            return "invariant 1: an invoice without its stock or payment"
        is_ledger = invoice["paymentReference"].startswith("ledger-")
        if kept != ([] if is_ledger else [invoice["paymentReference"]]):
            return "invariant 2: an invoice for another charge"
    elif held not in ("", "released"):
        return "invariant 1: stock that nobody gets"
    elif kept or payment.get("state", "voided") not in _NONE_KEPT:
        return "invariant 1: money kept without an invoice"
    return ""
