"""What a request for a list of orders asks for, and where it goes on."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass

from clients.order_pages import CONTINUATION_TOKEN
from clients.replies import Refused
from ordering.json_input import FieldError
from ordering.model import BUSINESS_ENDS, Stage, is_order_id
from ordering.stock.ended import is_place

PENDING = "Pending"
STAGES = (PENDING, *(stage.value for stage in Stage))
MOST = 100
LONGEST_TOKEN = 8_000
# What a client cannot mean as a filter: the key of the function.
_NO_FILTERS = ("code", "clientId")
_TOKEN_RULE = "must be the token of an answer before, as it came, for the same stage"


@dataclass(frozen=True)
class Place:
    """Where a list goes on: the host's page, and what of it or of the shop's list was given."""

    host_token: str | None = None
    after: str | None = None

    def to_text(self, stage: str | None) -> str:
        """Return the token of the list of a stage that goes on here."""
        text = json.dumps([stage, self.host_token, self.after])
        return base64.urlsafe_b64encode(text.encode()).decode()


@dataclass(frozen=True)
class Filter:
    """Which orders, how many at most, and from where on."""

    stage: str | None
    top: int
    place: Place

    @property
    def is_decision(self) -> bool:
        """Whether a decision ended these orders, so that the shop has a list of them."""
        return self.stage in BUSINESS_ENDS


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
    top = params.get("top", str(MOST))
    if not (top.isascii() and top.isdigit() and len(top) <= 3 and 1 <= int(top) <= MOST):
        problems.append({"field": "top", "message": f"must be a whole number from 1 to {MOST}"})
    token = params.get("continuationToken") or headers.get(CONTINUATION_TOKEN)
    place = _place(token, stage) if token else Place()
    if place is None:
        problems.append({"field": "continuationToken", "message": _TOKEN_RULE})
    if problems or place is None:
        text = "; ".join(f"{problem['field']} {problem['message']}" for problem in problems)
        raise Refused(400, f"The orders cannot be listed: {text}.", problems)
    return Filter(stage, int(top), place)


def bad_token() -> Refused:
    """Return the answer to a token that the host does not take."""
    problem: FieldError = {"field": "continuationToken", "message": _TOKEN_RULE}
    return Refused(400, f"The orders cannot be listed: continuationToken {_TOKEN_RULE}.", [problem])


def _place(token: str, stage: str | None) -> Place | None:
    """Return the place that a token of ours stands for, None if it is not one for this stage."""
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        value = json.loads(base64.b64decode(token.encode("ascii"), b"-_", validate=True))
    except (ValueError, RecursionError):
        return None
    if not (isinstance(value, list) and len(value) == 3 and value[0] == stage):
        return None
    _, host_token, after = value
    if not (host_token is None or (isinstance(host_token, str) and _is_header(host_token))):
        return None
    if stage in BUSINESS_ENDS:
        if not (host_token is None and isinstance(after, str) and is_place(after)):
            return None
    elif not (is_order_id(after) or (after is None and host_token)):
        return None
    place = Place(host_token, after)
    return place if place.to_text(stage) == token else None


def _is_header(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and text == text.strip()
