"""The walk through the rows of a kind, cut off or not, and what is old enough, to the second."""

from datetime import datetime, timedelta, timezone
from itertools import islice

import pytest

from ordering import cleanup
from ordering.accepted_orders import AcceptedOrders
from ordering.cleanup import Cleanup
from ordering.model import parse_order
from ordering.stock.rows import HELD, RELEASED, WAITING, open_key, order_key, restock_key, row
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


NOW = datetime(2026, 11, 25, 12, 0, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)


class Books:
    """A warehouse and the orders that were accepted, at a time of our own."""

    def __init__(self) -> None:
        self.table, self.accepted = InMemoryTable(), InMemoryTable()
        self.now = NOW
        accepted = AcceptedOrders(self.accepted)  # type: ignore[arg-type]
        self.cleanup = Cleanup(self.table, accepted, lambda: self.now)  # type: ignore[arg-type]

    def put(self, key: str, **properties: str) -> None:
        self.table.transact([Upsert(row(key, **properties))])

    def only_open(self) -> cleanup.OpenOrder:
        [[found]] = self.cleanup.open_orders()
        return found

    def ended(self, before: datetime) -> list[str]:
        return [each.order_id for page in self.cleanup.ended_before(before) for each in page]

    def keys(self) -> list[str]:
        return sorted(key for _, key in self.table.rows if not key.startswith("cursor:"))


def test_an_order_counts_as_gone_ten_minutes_after_it_was_missed_first() -> None:
    books = Books()
    books.put(open_key("o-1"), since="2026-11-25T00:00:00Z")
    assert not books.cleanup.missing(books.only_open())
    books.now = NOW + timedelta(minutes=10) - SECOND
    assert not books.cleanup.missing(books.only_open())
    books.now += SECOND
    assert books.cleanup.missing(books.only_open())


def test_an_order_that_the_host_knew_all_the_time_is_not_written() -> None:
    books = Books()
    books.put(open_key("o-1"), since="2026-11-25T00:00:00Z")
    found = books.only_open()
    before = books.table.requests
    books.cleanup.known(found)
    assert books.table.requests == before


@pytest.mark.parametrize(("state", "since"), [(HELD, "reservedAt"), (RELEASED, "releasedAt")])
def test_an_order_is_archived_once_more_than_the_retention_has_passed(
    state: str, since: str
) -> None:
    books = Books()
    # An order that was held before it was released has both.
    times = {"reservedAt": "2026-01-01T00:00:00Z", since: "2026-11-25T12:00:00Z"}
    books.put(order_key("o-1"), state=state, **times)
    assert books.ended(NOW) == []
    assert books.ended(NOW + SECOND) == ["o-1"]


def test_an_order_that_waits_has_not_ended_whatever_it_did_before() -> None:
    books = Books()
    old = "2026-01-01T00:00:00Z"
    books.put(order_key("o-1"), state=WAITING, reservedAt=old, releasedAt=old)
    assert books.ended(NOW) == []


def test_a_restock_is_forgotten_once_more_than_the_retention_has_passed() -> None:
    books = Books()
    for number in range(3):
        at = f"2026-11-25T12:00:0{number}Z"
        books.put(restock_key(f"key {number}"), restockedAt=at)
    assert books.cleanup.forget_restocks(NOW) == 0
    assert books.cleanup.forget_restocks(NOW + SECOND) == 1
    assert books.cleanup.forget_restocks(NOW + timedelta(days=1)) == 2
    assert books.keys() == []


def test_the_restocks_of_several_pages_are_all_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "_PAGE", 2)
    books = Books()
    for number in range(5):
        books.put(restock_key(f"key {number}"), restockedAt="2026-11-25T12:00:00Z")
    assert books.cleanup.forget_restocks(NOW + SECOND) == 5


def test_an_order_leaves_the_warehouse_only_when_its_id_is_spent_for_good() -> None:
    books = Books()
    items = [{"sku": "TEA", "quantity": 1}]
    order = parse_order({"customerId": "a", "items": items, "paymentMethod": "x"}).with_id("o-1")
    AcceptedOrders(books.accepted).accept(order)  # type: ignore[arg-type]
    books.put(order_key("o-1"), state=RELEASED, releasedAt="2026-11-25T12:00:00Z")

    def end_here(request: str) -> None:
        raise KeyError

    books.table.before = end_here
    with pytest.raises(KeyError):
        books.cleanup.archive(["o-1"])
    [(_, accepted)] = books.accepted.rows.items()
    assert "archivedAt" in accepted and "order" not in accepted
    assert books.keys() == ["order:o-1"]


def test_looking_for_ended_orders_costs_two_requests_for_each_hundred() -> None:
    books = Books()
    names = [f"o-{number:03d}" for number in range(300)]
    for name in names:
        closed = f"closed:8000000000:{name}"
        books.put(order_key(name), state=HELD, reservedAt="2026-11-25T12:00:00Z", closedRow=closed)
    # Begun again, and of other ids that lie between.
    for name in ("o-000", "o-150", "o-1500", "o-299"):
        books.put(open_key(name), since="2026-11-25T12:00:00Z")
    before = books.table.requests
    found = books.ended(NOW + SECOND)
    assert found == [name for name in names if name not in ("o-000", "o-150", "o-299")]
    # Besides one each to learn where the last walk stopped, and to note where this one is.
    assert books.table.requests - before <= 3 * 3 + 3


def test_what_an_archive_that_is_cut_off_has_come_to_is_not_walked_again() -> None:
    books = Books()
    for number in range(250):
        closed = f"closed:8000000000:o-{number:03d}"
        at = "2026-11-25T12:00:00Z"
        books.put(order_key(f"o-{number:03d}"), state=HELD, reservedAt=at, closedRow=closed)
    pages = books.cleanup.ended_before(NOW + SECOND)
    assert next(pages)[0].order_id == "o-000"
    next(pages)
    pages.close()  # type: ignore[attr-defined]
    assert books.ended(NOW + SECOND)[0] == "o-100"


def test_many_rows_are_removed_also_when_another_run_has_removed_one_of_them() -> None:
    books = Books()
    names = [f"o-{number:03d}" for number in range(250)]
    for name in names:
        books.put(open_key(name), since="2026-11-25T00:00:00Z")
    books.table.delete("main", open_key("o-150"))
    before = books.table.requests
    books.cleanup.close(names[:100])
    assert books.table.requests - before == 1
    books.cleanup.close(names)
    assert books.keys() == []
