"""What a request for a list of orders asks for, and where it goes on."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from clients.order_pages import CONTINUATION_TOKEN
from clients.replies import Refused
from ordering.json_input import FieldError
from ordering.model import Stage, is_order_id
from ordering.stock.ended import END_OF_TIME, Position

PENDING = "Pending"
STAGES = (PENDING, *(stage.value for stage in Stage))
MOST = 100
LONGEST_TOKEN = 500
# What a client cannot mean as a filter: the key of the function.
_NO_FILTERS = ("code", "clientId")
_TOKEN_RULE = "must be the token of an answer before, as it came, for the same stage"


class Place(NamedTuple):
    """Where an order stands in a list: first those that were never checked, then by the check.

    So an order's place never moves up: whoever pages behind it has seen it, or will.
    """

    is_checked: bool
    position: Position

    def to_text(self, stage: str | None) -> str:
        """Return the token of the list of a stage that goes on behind this place."""
        text = json.dumps([stage, self.is_checked, *self.position])
        return base64.urlsafe_b64encode(text.encode()).decode()


@dataclass(frozen=True)
class Filter:
    """Which orders, how many at most, and behind which place; None for the first page."""

    stage: str | None
    top: int
    after: Place | None


def parse_filter(params: Mapping[str, str], headers: Mapping[str, str]) -> Filter:
    """Return what a query asks for; raises Refused (400) that names every bad parameter."""
    problems: list[FieldError] = [
        {"field": name, "message": "is not a known filter; known are stage, top, continuationToken"}
        for name in params
        if name not in ("stage", "top", "continuationToken", *_NO_FILTERS)
    ]
    stage = params.get("stage")
    if stage is not None and stage not in STAGES:
        problems.append({"field": "stage", "message": f"must be one of {', '.join(STAGES)}"})
    top = page_size(params, MOST, problems)
    token = params.get("continuationToken") or headers.get(CONTINUATION_TOKEN)
    after = _place(token, stage) if token else None
    if token and after is None:
        problems.append({"field": "continuationToken", "message": _TOKEN_RULE})
    refuse_list("orders", problems)
    return Filter(stage, top, after)


def page_size(params: Mapping[str, str], most: int, problems: list[FieldError]) -> int:
    """Return how many a list may have: `top`, or `most`; a bad one is added to the problems."""
    top = params.get("top", str(most))
    if top.isascii() and top.isdigit() and len(top) <= 3 and 1 <= int(top) <= most:
        return int(top)
    problems.append({"field": "top", "message": f"must be a whole number from 1 to {most}"})
    return 0


def refuse_list(what: str, problems: list[FieldError]) -> None:
    """Raise Refused (400) that names every bad parameter of a list, if one is bad."""
    if problems:
        text = "; ".join(f"{problem['field']} {problem['message']}" for problem in problems)
        raise Refused(400, f"The {what} cannot be listed: {text}.", problems)


def _place(token: str, stage: str | None) -> Place | None:
    """Return the place that a token of ours stands for, None if it is not one for this stage."""
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        value = json.loads(base64.b64decode(token.encode("ascii"), b"-_", validate=True))
    except (ValueError, RecursionError):
        return None
    if not (isinstance(value, list) and len(value) == 4 and value[0] == stage):
        return None
    _, is_checked, left, order_id = value
    if not (isinstance(is_checked, bool) and type(left) is int and 0 <= left <= END_OF_TIME):
        return None
    if not is_order_id(order_id):
        return None
    place = Place(is_checked, Position(left, order_id))
    return place if place.to_text(stage) == token else None
