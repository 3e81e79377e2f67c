"""Payment gateways: who takes the money.

Payments records a charge in the table `payments` under the order's id, and a row there is
inserted once: that is what makes a charge happen at most once, whichever gateway takes it.
Amounts are in minor units of the currency.
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


class Record(Protocol):
    """Where a gateway writes down a payment before it takes the money.

    Both methods raise OrderClosed when the order may not be charged any more.
    """

    def find(self) -> str | None:
        """Return the reference that an earlier try has written down, or None."""

    def write(self, reference: str) -> str:
        """Write a reference down; returns the one that stands, if another try was first."""


class Gateway(Protocol):
    """Someone who charges customers. Every method raises GatewayUnavailable."""

    def charge(self, charge: Charge, record: Record) -> Approved | Declined:
        """Charge once per order id, however often it is called.

        A gateway that needs two steps writes its reference into `record` between them; one that
        needs a single one leaves the record alone. Raises OrderClosed.
        """

    def refund(self, order_id: str, reference: str, amount: int) -> None:
        """Pay back a charge once, however often it is called."""

    def void(self, order_id: str, reference: str, amount: int) -> int:
        """Undo a payment that was written down and perhaps taken; return what was paid back.

        Nothing can be taken by that payment after this, however often it is called.
        """
