"""The shop's app whose activities run twice when they are told to, as at-least-once delivery may.

Takes the place of function_app.py in a copy of the app, which is called shop_app.py there; see
tools/chaos/app_copy.py. Two of the app's times are shortened, so that a run of minutes sees what
takes ten minutes and 90 days.
"""

import functools
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.functions as func
from shop_app import app  # type: ignore[import-not-found]

from ordering import cleanup, settings

# Where tickets lie, and where what happened is written down: tools/chaos/tickets.py.
FOLDER = Path(os.environ["CHAOS_FOLDER"])
GONE_AFTER = timedelta(seconds=5)
RETENTION = timedelta(minutes=3)

cleanup.GONE_AFTER = GONE_AFTER
settings.order_retention_days = lambda: RETENTION / timedelta(days=1)  # type: ignore

Activity = Callable[[Any], Any]
ACTIVITIES: dict[str, Activity] = {}


def claim() -> str:
    """Take a ticket, if one lies there; tell for what. Of many processes one gets it."""
    for ticket in os.listdir(FOLDER / "tickets"):
        try:
            os.unlink(FOLDER / "tickets" / ticket)
        except FileNotFoundError:
            continue
        return ticket.rpartition(".")[2]
    return ""


def note(kind: str, name: str, order: Any, **more: Any) -> None:
    """Write down what happened: one line in one write, whoever else writes."""
    entry = {"at": time.time(), "kind": kind, "activity": name, "input": order, **more}
    with open(FOLDER / "happened.jsonl", "ab", buffering=0) as file:
        file.write(json.dumps(entry).encode() + b"\n")


def under_chaos(name: str, activity: Activity) -> Activity:
    """Return an activity that does all it does twice at once, or leaves itself to be repeated."""

    @functools.wraps(activity)
    def run(order: Any) -> Any:
        kind = claim()
        if kind == "again":
            result = activity(order)
            note(kind, name, order)
            return result
        if kind != "twice":
            return activity(order)
        note(kind, name, order)
        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(activity, [order, order])
        # A check may find stock that came in between the two.
        if first != second and name != "CheckAndReserveInventory":
            note("differs", name, order, answers=[first, second])
        return first

    return run


for _builder in app._function_builders:
    _function = _builder._function
    if _function.get_trigger().type == "activityTrigger":
        _name = _function.get_function_name()
        ACTIVITIES[_name] = _function._func
        _function._func = under_chaos(_name, _function._func)


@app.function_name("RunActivityAgain")
@app.route("chaos/{activity}", methods=["POST"])
def run_activity_again(req: func.HttpRequest) -> func.HttpResponse:
    """Run an activity on the input that it has had before; answer what became of it."""
    activity = ACTIVITIES[req.route_params["activity"]]
    try:
        activity(req.get_json())
    except Exception as error:  # the host would try such a twin again
        return func.HttpResponse(f"{type(error).__name__}: {error}", status_code=503)
    return func.HttpResponse("done")
