"""The stock over HTTP.

Plain functions: the worker runs them in its thread pool, where waiting for storage blocks no other
request.
"""

import json
from collections.abc import Sequence
from hashlib import sha256
from itertools import accumulate, takewhile

import azure.durable_functions as df
import azure.functions as func

from clients.list_query import page_size, refuse_list
from clients.replies import Refused, answer_blocking, read_json, reply
from ordering.json_input import FieldError
from ordering.model import is_sku
from ordering.shop import shop
from ordering.stock.catalogue import MOST, CatalogueItem, Outdated, matches, parse_stock_item

MOST_LISTED = 500
# Bytes of JSON: an answer of this app is under 64 KB.
LARGEST_LIST = 60_000

bp = df.Blueprint()


@bp.function_name(name="ListInventory")
@bp.route(route="inventory", methods=["GET"])
def list_inventory(req: func.HttpRequest) -> func.HttpResponse:
    """Answer stock and price of the SKUs, what orders have of each and how many wait for it.

    `{"items": [{"sku", "description", "unitPrice", "currency", "available", "held", "waiting"}]}`:
    `held` is what orders hold or have bought. Where there are more than fit into 60,000 bytes, or
    more than `top`, there is a `continuationToken`, which goes into the query of the next request.
    The ETag is that of the whole answer; with If-None-Match it is 304 as long as nothing has
    changed.
    """
    return answer_blocking(lambda: _list(req))


@bp.function_name(name="GetInventory")
@bp.route(route="inventory/{sku}", methods=["GET"])
def get_inventory(req: func.HttpRequest) -> func.HttpResponse:
    """Answer stock and price of one SKU with its ETag, 404, or 304 if If-None-Match names it."""
    return answer_blocking(lambda: _get(req, req.route_params.get("sku", "")))


@bp.function_name(name="SetInventory")
@bp.route(route="inventory/{sku}", methods=["PUT"])
def set_inventory(req: func.HttpRequest) -> func.HttpResponse:
    """Create a SKU or set all of it; answers what is set now.

    With If-Match only if it is still as it was read, with `If-None-Match: *` only if it is new;
    else 412.
    """
    return answer_blocking(lambda: _set(req, req.route_params.get("sku", "")))


def _list(req: func.HttpRequest) -> func.HttpResponse:
    top, after = _page(req)
    items = shop().catalogue.list_items(after, top + 1)
    fitting = items[: min(top, _how_many_fit(items))]
    lines = shop().lines.lengths(item.sku for item in fitting)
    shown = [_entry(item, lines.get(item.sku, 0)) for item in fitting]
    body: dict[str, object] = {"items": shown}
    if len(fitting) < len(items):
        body["continuationToken"] = fitting[-1].sku
    answered = reply(body)
    return _tagged(req, answered, f'"{sha256(answered.get_body()).hexdigest()[:32]}"')


def _entry(item: CatalogueItem, waiting: int) -> dict[str, object]:
    return {**item.to_json(), "held": item.held, "waiting": waiting}


def _how_many_fit(items: Sequence[CatalogueItem]) -> int:
    """Return how many SKUs, from the first on, an answer has room for."""
    # With room for any number of waiting orders: only those of the SKUs that fit are counted.
    sizes = (len(json.dumps(_entry(item, MOST))) + 2 for item in items)
    return sum(1 for _ in takewhile(lambda so_far: so_far <= LARGEST_LIST, accumulate(sizes)))


def _page(req: func.HttpRequest) -> tuple[int, str]:
    """Return how many SKUs at most a list may have, and behind which one it begins."""
    problems: list[FieldError] = []
    top = page_size(req.params, MOST_LISTED, problems)
    token = req.params.get("continuationToken", "")
    if token and not is_sku(token):
        rule = "must be the token of an answer before, as it came"
        problems.append({"field": "continuationToken", "message": rule})
    refuse_list("stock", problems)
    return top, token


def _get(req: func.HttpRequest, sku: str) -> func.HttpResponse:
    item = shop().catalogue.get_item(sku) if is_sku(sku) else None
    if item is None:
        raise Refused(404, "There is no such SKU. PUT /api/inventory/{sku} creates one.")
    return _tagged(req, reply(item.to_json()), item.etag)


def _tagged(req: func.HttpRequest, answered: func.HttpResponse, etag: str) -> func.HttpResponse:
    """Return an answer with its ETag, or 304 if the client has it already."""
    known: str | None = req.headers.get("If-None-Match")
    if known is not None and matches(known, etag):
        return func.HttpResponse(status_code=304, headers={"ETag": etag})
    answered.headers["ETag"] = etag
    return answered


def _set(req: func.HttpRequest, sku: str) -> func.HttpResponse:
    if not is_sku(sku):
        rule = (
            "must be 1 to 64 letters (A-Z, a-z), digits, '-', '_' or '.', "
            "and begin with a letter or a digit"
        )
        raise Refused(400, "The SKU is not valid.", [{"field": "sku", "message": rule}])
    item = parse_stock_item(read_json(req))
    if_match: str | None = req.headers.get("If-Match")
    unless: str | None = req.headers.get("If-None-Match")
    if unless is not None and unless.strip() != "*":
        rule = "must be *, which creates a SKU only if it is new; an ETag goes into If-Match"
        problems: list[FieldError] = [{"field": "If-None-Match", "message": rule}]
        raise Refused(400, "The header If-None-Match is not valid.", problems)
    try:
        done = shop().catalogue.set_item(sku, item, if_match, only_new=unless is not None)
    except Outdated:
        why = "was changed since it was read, or is not there" if unless is None else "is there"
        raise Refused(412, f"The SKU {why}. Read it again.") from None
    return reply(done.to_json(), headers={"ETag": done.etag})
