"""The stock over HTTP."""

import asyncio
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from clients.replies import Refused, answer, read_json, reply
from ordering.identifiers import is_sku
from ordering.shop import shop
from ordering.stock.catalogue import Outdated, parse_stock_item

bp = df.Blueprint()


@bp.function_name(name="ListInventory")
@bp.route(route="inventory", methods=["GET"])
async def list_inventory(req: func.HttpRequest) -> func.HttpResponse:
    """Answer stock and price of every SKU."""
    return await answer(_list())


@bp.function_name(name="GetInventory")
@bp.route(route="inventory/{sku}", methods=["GET"])
async def get_inventory(req: func.HttpRequest) -> func.HttpResponse:
    """Answer stock and price of one SKU, or 404."""
    return await answer(_get(req.route_params.get("sku", "")))


@bp.function_name(name="SetInventory")
@bp.route(route="inventory/{sku}", methods=["PUT"])
async def set_inventory(req: func.HttpRequest) -> func.HttpResponse:
    """Create a SKU or set all of it; answers what is set now."""
    return await answer(_set(req, req.route_params.get("sku", "")))


async def _list() -> func.HttpResponse:
    return reply({"items": await asyncio.to_thread(_items)})


def _items() -> list[dict[str, Any]]:
    return [item.to_json() for item in shop().catalogue.list_items()]


async def _get(sku: str) -> func.HttpResponse:
    item = None
    if is_sku(sku):
        item = await asyncio.to_thread(lambda: shop().catalogue.get_item(sku))
    if item is None:
        raise Refused(404, "There is no such SKU. PUT /api/inventory/{sku} creates one.")
    return reply(item.to_json(), headers={"ETag": item.etag})


async def _set(req: func.HttpRequest, sku: str) -> func.HttpResponse:
    if not is_sku(sku):
        rule = (
            "must be 1 to 64 letters (A-Z, a-z), digits, '-', '_' or '.', "
            "and begin with a letter or a digit"
        )
        raise Refused(400, "The SKU is not valid.", [{"field": "sku", "message": rule}])
    item = parse_stock_item(read_json(req))
    if_match: str | None = req.headers.get("If-Match")
    try:
        done = await asyncio.to_thread(lambda: shop().catalogue.set_item(sku, item, if_match))
    except Outdated:
        raise Refused(
            412, "The SKU was changed since it was read, or is not there. Read it again."
        ) from None
    return reply(done.to_json(), headers={"ETag": done.etag})
