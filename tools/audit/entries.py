"""What the books of an app consist of. Nothing here is shared with the code that writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

LIVE = ("Pending", "Running", "Suspended", "ContinuedAsNew")
# How an order can end by a decision of the shop or its customer: no fault of the software.
BUSINESS_ENDS = frozenset(["Cancelled", "Expired", "PaymentDeclined", "Rejected"])


@dataclass(frozen=True)
class Stock:
    """A SKU's pieces: free, and all that was ever put in (None if the row does not say).

    `changed` is when its row was last written.
    """

    available: int
    stocked: int | None
    changed: datetime | None = None


@dataclass(frozen=True)
class Reservation:
    """The row of an order: `waiting`, `held` or `released`.

    `quantities` and `total` (minor units) are of what it holds or held, `needs` of what it waits
    for since `since`, in the lines of the SKUs `queued`.
    """

    state: str
    quantities: Mapping[str, int] = field(default_factory=dict)
    total: int = 0
    needs: Mapping[str, int] = field(default_factory=dict)
    queued: frozenset[str] = frozenset()
    since: str = ""

    @property
    def held(self) -> bool:
        return self.state == "held"

    @property
    def waits(self) -> bool:
        return self.state == "waiting"


@dataclass(frozen=True)
class Place:
    """The place of an order in the line of a SKU."""

    sku: str
    since: str
    order_id: str


@dataclass(frozen=True)
class Payment:
    """A row of the table of payments; `quantities` and `worth` are of what was paid for."""

    state: str
    total: int = 0
    currency: str = ""
    reference: str = ""
    quantities: Mapping[str, int] = field(default_factory=dict)
    worth: int = 0

    @property
    def charged(self) -> bool:
        return self.state == "charged"

    @property
    def given_back(self) -> bool:
        """Whether it is certain that no money is kept: paid back, or never to be taken."""
        return self.state in ("refunded", "voided")


@dataclass(frozen=True)
class Acceptance:
    """The order that an id stands for; None once it was archived, which leaves the id spent."""

    order: Mapping[str, Any] | None


@dataclass(frozen=True)
class Order:
    """An orchestration as its status shows it."""

    runtime_status: str
    stage: str
    output: Any
    updated: datetime

    @property
    def live(self) -> bool:
        return self.runtime_status in LIVE

    @property
    def end(self) -> str:
        """How it ended or where it is: its stage, which Terminate leaves as it was."""
        told = self.stage if self.runtime_status in (*LIVE, "Completed", "Failed") else ""
        return told or self.runtime_status

    @property
    def invoice(self) -> dict[str, Any] | None:
        """The invoice of a completed order."""
        found = self._result
        return found if "invoiceId" in found else None

    @property
    def business_end(self) -> dict[str, Any] | None:
        """The order's id, stage and reason, if it ended so without an invoice."""
        found = self._result
        return found if found.get("stage") in BUSINESS_ENDS else None

    @property
    def _result(self) -> dict[str, Any]:
        is_result = self.runtime_status == "Completed" and isinstance(self.output, dict)
        return self.output if is_result else {}


@dataclass(frozen=True)
class Queued:
    """The event queue: how many messages, and since when the oldest that can be seen is there."""

    messages: int = 0
    oldest: datetime | None = None
    poison: int = 0
