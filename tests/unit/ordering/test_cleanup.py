"""The walk through the rows of a kind, when each run is cut off before it has seen them all."""

from itertools import islice

import pytest

from ordering import cleanup
from ordering.accepted_orders import AcceptedOrders
from ordering.cleanup import Cleanup
from ordering.stock.rows import open_key, row
from ordering.storage.transactions import Upsert
from tests.in_memory_table import InMemoryTable

ORDERS = [f"o-{number:02d}" for number in range(45)]


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> Cleanup:
    monkeypatch.setattr(cleanup, "_PAGE", 2)
    table = InMemoryTable()
    for name in ORDERS:
        table.transact([Upsert(row(open_key(name), since="2026-11-25T00:00:00Z"))])
    return Cleanup(table, AcceptedOrders(InMemoryTable()))  # type: ignore[arg-type]


def look(books: Cleanup, pages: int | None = None) -> list[str]:
    return [order.order_id for page in islice(books.open_orders(), pages) for order in page]


@pytest.mark.parametrize("pages", [2, 3, 5, 8, 21, 22, 23])
def test_runs_that_are_cut_off_come_to_every_order_again_and_again(
    books: Cleanup, pages: int
) -> None:
    for _ in range(3):
        seen: set[str] = set()
        for _ in range(-(-23 // (pages - 1)) + 1):
            seen |= set(look(books, pages))
        assert sorted(seen) == ORDERS


@pytest.mark.parametrize("pages", [1, 2, 11, 22, 23])
def test_a_run_that_is_not_cut_off_sees_each_order_once(books: Cleanup, pages: int) -> None:
    look(books, pages)
    assert sorted(look(books)) == ORDERS
    assert sorted(look(books)) == ORDERS
