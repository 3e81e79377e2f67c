"""What the comparison needs of a shop, whoever runs it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp

from benchmarks.beside.figures import PIECES


class Running(Protocol):
    """A shop that serves orders over HTTP, on a store of its own.

    `server` and `store` are the ids of the processes that it and its store consist of.
    """

    @property
    def urls(self) -> list[str]: ...

    @property
    def server(self) -> set[int]: ...

    @property
    def store(self) -> set[int]: ...

    async def ended(self, http: aiohttp.ClientSession, waiting: Collection[str]) -> set[str]:
        """Return which of these orders, all accepted, have ended."""

    def kill(self) -> None:
        """End the server's processes with SIGKILL; the store stays."""

    def restart(self) -> None:
        """Start the server again and wait until it answers."""

    def books(self) -> dict[str, int]:
        """Count `invoiced` orders, `payments`, and `pieces` taken out of stock."""

    def bytes_kept(self) -> int:
        """Return what the server's own state and the store's rows take."""


@dataclass(frozen=True)
class Contender:
    """A shop by its key: what it is in words, and how it is started."""

    key: str
    words: str
    open: Callable[[], AbstractContextManager[Running]]


def order(order_id: str, sku: str) -> dict[str, Any]:
    """Return an order as it is sent: two pieces of one SKU."""
    return {
        "orderId": order_id,
        "customerId": "ada",
        "paymentMethod": "pm_card_visa",
        "items": [{"sku": sku, "quantity": PIECES}],
    }
