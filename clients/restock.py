"""Stock that comes in, over HTTP: added, and the waiting orders it can serve are woken."""

import logging
import uuid

import azure.durable_functions as df
import azure.functions as func

from clients.replies import Refused, answer_blocking, read_json, reply
from ordering.errors import Contention, StorageUnavailable
from ordering.model import is_label, is_sku
from ordering.shop import shop
from ordering.stock.restocking import KeyReused, Restocked, UnknownSku, parse_restock

IDEMPOTENCY_KEY = "Idempotency-Key"
LONGEST_KEY = 100
_MOST_LISTED = 20

log = logging.getLogger(__name__)
bp = df.Blueprint()


# A queue client, not an output binding: the host sends a binding's messages one after the other
# (FunctionBinding.cs, BindAsyncCollectorAsync), a thousand in half a minute here, and answers 500
# where that fails, without the key under which a repeat is safe.
@bp.function_name(name="RestockInventory")
@bp.route(route="inventory/{sku}/restock", methods=["POST"])
def restock_inventory(req: func.HttpRequest) -> func.HttpResponse:
    """Add stock, then queue `Proceed` for the waiting orders that it can serve, oldest first.

    Answers `{"sku", "available", "notified": [orderId]}`. A repeat under the same `Idempotency-Key`
    adds nothing, answers the same and queues the same again: with one event too many, a waiting
    order only checks the stock once more. Under a key that a 503 named, it adds once all the same,
    and may wake other orders than the first try did.
    """
    return answer_blocking(lambda: _restock(req, req.route_params.get("sku", "")))


def _restock(req: func.HttpRequest, sku: str) -> func.HttpResponse:
    key = _idempotency_key(req)
    quantity = parse_restock(read_json(req))
    if not is_sku(sku):
        raise _unknown()
    own_key = key or uuid.uuid4().hex
    try:
        done = shop().restock(sku, quantity, own_key, keep_answer=key is not None)
    except UnknownSku:
        raise _unknown() from None
    except KeyReused:
        raise Refused(
            409, f"This {IDEMPOTENCY_KEY} was sent with another SKU or quantity. Use another one."
        ) from None
    except (StorageUnavailable, Contention) as trouble:
        log.error("Restocking %s by %s, key %s: %s", sku, quantity, own_key, trouble)
        raise Refused(503, _again(own_key)) from trouble
    if done.repeated:
        again = "%s is not restocked again: the delivery of %d was added before under its key; %s"
        log.info(again, sku, quantity, _woken(done))
    else:
        log.info("%s restocked by %d: %d free, %s", sku, quantity, done.available, _woken(done))
    return reply({"sku": done.sku, "available": done.available, "notified": done.notified})


def _woken(done: Restocked) -> str:
    orders = done.notified
    if not orders:
        return "no order woken"
    listed = ", ".join(orders[:_MOST_LISTED]) + (", ..." if len(orders) > _MOST_LISTED else "")
    return f"{len(orders)} order{'s' if len(orders) > 1 else ''} woken: {listed}"


def _idempotency_key(req: func.HttpRequest) -> str | None:
    key: str | None = req.headers.get(IDEMPOTENCY_KEY)
    if key is None or is_label(key, LONGEST_KEY):
        return key
    rule = f"must be 1 to {LONGEST_KEY} printable characters, without spaces at its ends"
    raise Refused(
        400,
        f"The header {IDEMPOTENCY_KEY} is not valid.",
        [{"field": IDEMPOTENCY_KEY, "message": rule}],
    )


def _again(key: str) -> str:
    # Without its key, a repeat of a restock that was added before the trouble would add twice.
    return (
        "Storage is not available at the moment, and the stock may be added already. Send the "
        f"request again later with the header {IDEMPOTENCY_KEY}: {key}"
    )


def _unknown() -> Refused:
    return Refused(404, "There is no such SKU. PUT /api/inventory/{sku} creates one.")
