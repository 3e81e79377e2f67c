"""Activities on stock. Both are safe to repeat: Durable Functions runs them at least once.

Their annotations are bare: the SDK and some workers trip over `dict[str, Any]` there
(durable-python#572).
"""

import logging

import azure.durable_functions as df

from ordering.errors import MixedCurrencies
from ordering.log_text import pieces, shortage
from ordering.model import parse_check
from ordering.shop import shop

_ENDED = "The order has ended and cannot reserve stock again. Place a new order."

log = logging.getLogger(__name__)
bp = df.Blueprint()


@bp.function_name(name="CheckAndReserveInventory")
@bp.activity_trigger(input_name="order")
def check_and_reserve_inventory(order: dict) -> object:  # type: ignore[type-arg]
    """Reserve all lines of an order or none; answers whether the order holds its stock.

    For an order that can no longer be fulfilled as placed: `{"status": "rejected", "reason"}`.
    """
    request, placed_at = parse_check(order)
    try:
        check = shop().check(request, placed_at)
    except MixedCurrencies as error:
        return _rejected(str(error))
    if check.has_ended:
        # Not false: an ended order that is started again would wait for stock that it can never
        # get.
        return _rejected(_ENDED)
    if check.answer:
        log.info("Order %s reserved: %s", check.order_id, pieces(check.needs))
    else:
        missing = shortage(check.missing, check.needs)
        log.info("Order %s is short: %s", check.order_id, missing)
    return bool(check.answer)


@bp.function_name(name="ReleaseInventory")
@bp.activity_trigger(input_name="order")
def release_inventory(order: dict) -> dict:  # type: ignore[type-arg]
    """Give back what `{"orderId", "stage"}` holds; answers `{"released": bool}`.

    The stage is that of the order's end; orders of an earlier version do not name it.
    """
    order_id = str(order["orderId"])
    released = shop().release(order_id, order.get("stage"))
    if released:
        log.info("Order %s gave its stock back", order_id)
    return {"released": released}


def _rejected(reason: str) -> dict[str, str]:
    return {"status": "rejected", "reason": reason}
