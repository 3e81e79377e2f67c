"""Orders as they are sent: the request of a client and the input of an orchestration."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from ordering.json_input import Contract, FieldError, validate

# Instance ids and event names go unquoted into the URLs of the durable client, so this list of
# allowed characters is what keeps one order from reaching another: durable-python PR#435.
ORDER_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")

# Free of quotes and of what Azure Tables forbids in keys (/ \ # ?), so a SKU is safe in a filter.
SKU = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")

CURRENCY = re.compile(r"^[A-Z]{3}$")

MOST_ITEMS = 50
MOST_OF_AN_ITEM = 10_000
LONGEST_LABEL = 100
DEFAULT_WAIT_SECONDS = 7 * 24 * 3600
# At most a day, so that an order whose event was lost goes on within a day.
LONGEST_RECHECK_SECONDS = 24 * 3600
# A timer's date must stay before the year 10000.
LONGEST_WAIT_SECONDS = 10 * 365 * 24 * 3600

_LABEL = (
    f"must be 1 to {LONGEST_LABEL} printable characters, without spaces at its ends or line breaks"
)
_FIRST = "and begin with a letter or a digit"
_RULES = {
    "orderId": f"must be 1 to 100 letters (A-Z, a-z), digits, '-' or '_', {_FIRST}",
    "customerId": _LABEL,
    "paymentMethod": _LABEL,
    "items": f"must be a list of 1 to {MOST_ITEMS} lines",
    "sku": f"must be 1 to 64 letters (A-Z, a-z), digits, '-', '_' or '.', {_FIRST}",
    "quantity": f"must be a whole number from 1 to {MOST_OF_AN_ITEM}",
    "waitSeconds": f"must be a whole number from 1 to {LONGEST_WAIT_SECONDS}",
    "recheckSeconds": "must be a whole number of 1 or more",
}


class Stage(str, Enum):
    """Name the stages; the last six are ends."""

    CHECKING_INVENTORY = "CheckingInventory"
    AWAITING_PROCEED = "AwaitingProceed"
    PROCESSING_PAYMENT = "ProcessingPayment"
    INVOICED = "Invoiced"
    CANCELLED = "Cancelled"
    EXPIRED = "Expired"
    PAYMENT_DECLINED = "PaymentDeclined"
    REJECTED = "Rejected"
    FAILED = "Failed"


BUSINESS_ENDS = frozenset({Stage.CANCELLED, Stage.EXPIRED, Stage.PAYMENT_DECLINED, Stage.REJECTED})


def business_end(output: object) -> dict[str, Any] | None:
    """Return an orchestration's output if a decision ended it, None if that is an invoice."""
    if isinstance(output, dict) and output.get("stage") in BUSINESS_ENDS:
        return output
    return None


def is_order_id(value: object) -> bool:
    """Tell whether a value may be an order's id, and so an instance id."""
    return isinstance(value, str) and ORDER_ID.fullmatch(value) is not None


def is_sku(value: object) -> bool:
    """Tell whether a value may be a stock-keeping unit's code."""
    return isinstance(value, str) and SKU.fullmatch(value) is not None


def is_currency(value: object) -> bool:
    """Tell whether a value has the form of an ISO 4217 currency code."""
    return isinstance(value, str) and CURRENCY.fullmatch(value) is not None


def is_label(value: object, longest: int) -> bool:
    """Tell whether a value is 1 to `longest` printable characters, not padded with spaces.

    Printable means no control characters, line breaks, unassigned characters or unpaired
    surrogates: the last cannot be stored as UTF-8.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        return False
    return value.isprintable() and value == value.strip()


def _only(allowed: Callable[[str], bool]) -> AfterValidator:
    def check(value: str) -> str:
        if not allowed(value):
            raise ValueError
        return value

    return AfterValidator(check)


OrderId = Annotated[str, _only(is_order_id)]
Sku = Annotated[str, _only(is_sku)]
Label = Annotated[str, _only(lambda value: is_label(value, LONGEST_LABEL))]


class OrderItem(Contract):
    """One line of an order."""

    sku: Sku
    quantity: int = Field(ge=1, le=MOST_OF_AN_ITEM)


class OrderRequest(Contract):
    """OrderRequestData: what a customer orders; prices come from the catalogue."""

    order_id: OrderId | None = None
    customer_id: Label
    items: list[OrderItem] = Field(min_length=1, max_length=MOST_ITEMS)
    payment_method: Label

    def with_id(self, order_id: str) -> "OrderRequest":
        """Return the same order under an id."""
        return self.model_copy(update={"order_id": order_id})


@dataclass(frozen=True)
class Placement:
    """An order and how long it may wait for stock, in seconds: in all, and between checks."""

    order: OrderRequest
    wait_seconds: int
    recheck_seconds: int


class _Patience(Contract):
    wait_seconds: int = Field(default=DEFAULT_WAIT_SECONDS, ge=1, le=LONGEST_WAIT_SECONDS)
    recheck_seconds: int = Field(default=LONGEST_RECHECK_SECONDS, ge=1)


def parse_order(data: object) -> OrderRequest:
    """Return an order from its JSON value; raises ContractError with every bad field."""
    return validate(OrderRequest, data, "The order", _RULES, _repeated_skus(data))


def parse_check(data: object) -> tuple[OrderRequest, datetime | None]:
    """Return the input of a check: an order, and when it was placed; raises ContractError.

    The time is missing from the checks of orders that an earlier version of the app placed.
    """
    placed_at = None
    if isinstance(data, dict) and "placedAt" in data:
        placed_at = datetime.fromisoformat(data["placedAt"].replace("Z", "+00:00"))
        data = {name: value for name, value in data.items() if name != "placedAt"}
    return parse_order(data), placed_at


def parse_placement(data: object) -> Placement:
    """Return the input of a PlaceOrder orchestration; raises ContractError.

    The order's fields, an id among them, with `waitSeconds` (7 days if missing) and
    `recheckSeconds` (a day if missing, and at most).
    """
    patience = _Patience()
    missing: list[FieldError] = []
    if isinstance(data, dict):
        names = ("waitSeconds", "recheckSeconds")
        patience = validate(
            _Patience,
            {name: data[name] for name in names if name in data},
            "The order's waiting time",
            _RULES,
        )
        data = {name: value for name, value in data.items() if name not in names}
        if data.get("orderId") is None:
            message = f"is missing; it {_RULES['orderId']}"
            missing.append({"field": "orderId", "message": message})
    order = validate(OrderRequest, data, "The order", _RULES, missing + _repeated_skus(data))
    recheck_seconds = min(patience.recheck_seconds, LONGEST_RECHECK_SECONDS)
    return Placement(order, patience.wait_seconds, recheck_seconds)


def _repeated_skus(data: object) -> list[FieldError]:
    items: Any = data.get("items") if isinstance(data, dict) else None
    errors: list[FieldError] = []
    first: dict[str, int] = {}
    for number, item in enumerate(items if isinstance(items, list) else ()):
        sku = item.get("sku") if isinstance(item, dict) else None
        if not isinstance(sku, str) or not is_sku(sku):
            continue
        if sku in first:
            message = f"is in items[{first[sku]}] already; use one line for each SKU"
            errors.append({"field": f"items[{number}].sku", "message": message})
        first.setdefault(sku, number)
    return errors
