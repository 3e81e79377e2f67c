"""The stock over HTTP.

Plain functions: the worker runs them in its thread pool, where waiting for storage stops no other.
"""

import azure.durable_functions as df
import azure.functions as func

from clients.replies import Refused, answer_blocking, read_json, reply
from ordering.model import is_sku
from ordering.shop import shop
from ordering.stock.catalogue import Outdated, parse_stock_item

bp = df.Blueprint()


@bp.function_name(name="ListInventory")
@bp.route(route="inventory", methods=["GET"])
def list_inventory(req: func.HttpRequest) -> func.HttpResponse:
    """Answer stock and price of every SKU."""
    return answer_blocking(_list)


@bp.function_name(name="GetInventory")
@bp.route(route="inventory/{sku}", methods=["GET"])
def get_inventory(req: func.HttpRequest) -> func.HttpResponse:
    """Answer stock and price of one SKU, or 404."""
    return answer_blocking(lambda: _get(req.route_params.get("sku", "")))


@bp.function_name(name="SetInventory")
@bp.route(route="inventory/{sku}", methods=["PUT"])
def set_inventory(req: func.HttpRequest) -> func.HttpResponse:
    """Create a SKU or set all of it; answers what is set now."""
    return answer_blocking(lambda: _set(req, req.route_params.get("sku", "")))


def _list() -> func.HttpResponse:
    return reply({"items": [item.to_json() for item in shop().catalogue.list_items()]})


def _get(sku: str) -> func.HttpResponse:
    item = shop().catalogue.get_item(sku) if is_sku(sku) else None
    if item is None:
        raise Refused(404, "There is no such SKU. PUT /api/inventory/{sku} creates one.")
    return reply(item.to_json(), headers={"ETag": item.etag})


def _set(req: func.HttpRequest, sku: str) -> func.HttpResponse:
    if not is_sku(sku):
        rule = (
            "must be 1 to 64 letters (A-Z, a-z), digits, '-', '_' or '.', "
            "and begin with a letter or a digit"
        )
        raise Refused(400, "The SKU is not valid.", [{"field": "sku", "message": rule}])
    item = parse_stock_item(read_json(req))
    if_match: str | None = req.headers.get("If-Match")
    try:
        done = shop().catalogue.set_item(sku, item, if_match)
    except Outdated:
        raise Refused(
            412, "The SKU was changed since it was read, or is not there. Read it again."
        ) from None
    return reply(done.to_json(), headers={"ETag": done.etag})
