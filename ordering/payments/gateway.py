"""What a payment gateway does: open a payment, take it, give it back.

Payments decides by the order's row in the table `payments`, and a gateway acts on what is decided.
The row keeps the reference of one opened payment; no other is ever taken. Amounts are in minor
units of the currency (ISO 4217). Every method may be repeated, and raises GatewayUnavailable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Charge:
    """What to charge: `amount` in minor units."""

    order_id: str
    customer_id: str
    payment_method: str
    amount: int
    currency: str


@dataclass(frozen=True)
class Opened:
    """A payment of the gateway's; `taken` if recording its reference takes the money."""

    reference: str
    taken: bool = False


@dataclass(frozen=True)
class Declined:
    """The customer cannot pay like this: a result, not a fault. `code` is for programs."""

    code: str
    message: str


class Gateway(Protocol):
    """Someone who charges customers.

    `opens_for_free`: opening a payment costs nothing and leaves nothing behind, so nobody needs
    to look first whether the order has one.
    """

    opens_for_free: bool

    def open(self, charge: Charge) -> Opened | Declined:
        """Begin a payment that takes no money yet.

        One whose reference is never recorded takes none ever.
        """

    def take(self, order_id: str, reference: str) -> Declined | None:
        """Take the money of an opened payment, once; None means that it is taken.

        Raises OrderClosed if the payment was cancelled.
        """

    def give_back(self, order_id: str, reference: str, amount: int) -> int:
        """Keep no money of a payment and let it take none; return what the customer got back."""
