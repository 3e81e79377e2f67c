"""Payment gateways: who takes the money.

Payments records a charge in the table `payments` under the order's id, and a row there is
inserted once: that is what makes a charge happen at most once, whichever gateway takes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Charge:
    """What to charge: `amount` in minor units, `order_id` as the idempotency key."""

    order_id: str
    customer_id: str
    payment_method: str
    amount: int
    currency: str


@dataclass(frozen=True)
class Approved:
    """The money may be taken, or is taken; `reference` names the payment at the gateway."""

    reference: str


@dataclass(frozen=True)
class Declined:
    """The customer's bank refuses: a result, not a fault. `code` is for programs."""

    code: str
    message: str


class Gateway(Protocol):
    """Someone who charges customers."""

    def charge(self, charge: Charge) -> Approved | Declined:
        """Charge once per order id, however often it is called."""

    def refund(self, order_id: str, reference: str, amount: int) -> None:
        """Pay back a charge once, however often it is called."""
