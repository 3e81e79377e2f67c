"""The walk through the rows of a kind, cut off or not, and what is old enough, to the second."""

from datetime import datetime, timedelta, timezone
from itertools import islice

import pytest

from ordering import cleanup
from ordering.accepted_orders import AcceptedOrders
from ordering.cleanup import Cleanup
from ordering.model import parse_order
from ordering.stock.rows import (
    HELD,
    RELEASED,
    WAITING,
    notified_key,
    open_key,
    order_key,
    restock_key,
    row,
)
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
    for before in (NOW - SECOND, NOW):
        assert books.ended(before) == []
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


def test_an_open_order_is_told_with_all_that_its_row_says() -> None:
    books = Books()
    books.put(open_key("o-1"), since="2026-11-25T00:00:00Z", missingSince="2026-11-25T11:00:00Z")
    found = books.only_open()
    began = datetime(2026, 11, 25, tzinfo=timezone.utc)
    etag = books.table.rows["main", "open:o-1"].etag
    assert found == cleanup.OpenOrder("o-1", began, "2026-11-25T11:00:00Z", etag)
    assert books.cleanup.opened() == {"o-1": began}


def test_an_order_that_is_known_again_is_missed_anew() -> None:
    books = Books()
    books.put(open_key("o-1"), since="2026-11-25T00:00:00Z")
    assert not books.cleanup.missing(books.only_open())
    assert books.only_open().missing_since == "2026-11-25T12:00:00Z"
    books.cleanup.known(books.only_open())
    assert books.only_open().missing_since == ""
    books.now += timedelta(hours=1)
    assert not books.cleanup.missing(books.only_open())
    assert books.only_open().missing_since == "2026-11-25T13:00:00Z"


def test_an_order_that_is_missed_again_keeps_since_when() -> None:
    books = Books()
    books.put(open_key("o-1"), since="2026-11-25T00:00:00Z")
    books.cleanup.missing(books.only_open())
    books.now += timedelta(minutes=5)
    before = books.table.requests
    found = books.only_open()
    asked = books.table.requests - before
    assert not books.cleanup.missing(found)
    assert books.table.requests - before == asked, "nothing is written"
    assert books.only_open().missing_since == "2026-11-25T12:00:00Z"


LEFT = 9_999_999_999 - int(datetime(2026, 11, 25, tzinfo=timezone.utc).timestamp())


def test_orders_are_closed_and_listed_as_invoiced_for_a_request_each_33() -> None:
    books = Books()
    names = [f"o-{number:02d}" for number in range(66)]
    for name in names:
        books.put(open_key(name), since="2026-11-25T00:00:00Z")
        books.put(order_key(name), state=HELD, reservedAt="2026-11-25T00:00:00Z")
    [found] = books.cleanup.open_orders()
    before = books.table.requests
    books.cleanup.close_invoiced(found)
    assert books.table.requests - before == 2
    rows = {key: row for (_, key), row in books.table.rows.items()}
    assert not [key for key in rows if key.startswith("open:")]
    for name in names:
        closed = f"closed:{LEFT}:{name}"
        assert rows[closed]["stage"] == "Invoiced"
        assert rows[order_key(name)]["closedRow"] == closed
        assert rows[order_key(name)]["state"] == HELD


def test_an_order_that_was_checked_again_since_it_was_read_stays_open_alone() -> None:
    books = Books()
    for name in ("o-1", "o-2"):
        books.put(open_key(name), since="2026-11-25T00:00:00Z")
        books.put(order_key(name), state=HELD, reservedAt="2026-11-25T00:00:00Z")
    [found] = books.cleanup.open_orders()
    books.put(open_key("o-1"), since="2026-11-25T00:00:00Z")
    books.cleanup.close_invoiced(found)
    assert [key for key in books.keys() if not key.startswith("order:")] == [
        f"closed:{LEFT}:o-2",
        "open:o-1",
    ]


def test_an_order_that_ended_long_ago_is_told_with_the_rows_that_list_it() -> None:
    books = Books()
    old = "2026-01-01T00:00:00Z"
    listed = {"endedRow": "ended:Cancelled:5:o-1", "closedRow": "closed:5:o-1"}
    books.put(order_key("o-1"), state=RELEASED, releasedAt=old, **listed)
    books.put(order_key("o-2"), state=RELEASED, releasedAt=old)
    [page] = books.cleanup.ended_before(NOW)
    assert page == [
        cleanup.EndedOrder("o-1", ("ended:Cancelled:5:o-1", "closed:5:o-1")),
        cleanup.EndedOrder("o-2"),
    ]


def test_an_order_whose_end_was_not_seen_is_not_archived_however_old() -> None:
    books = Books()
    for name in ("o-1", "o-2", "o-3"):
        books.put(order_key(name), state=RELEASED, releasedAt="2026-01-01T00:00:00Z")
    books.put(open_key("o-2"), since="2026-01-01T00:00:00Z")
    assert books.ended(NOW) == ["o-1", "o-3"]


def test_an_order_that_ended_before_orders_were_listed_is_listed_on_the_way() -> None:
    books = Books()
    held = {"state": HELD, "reservedAt": "2026-11-25T00:00:00Z"}
    books.put(order_key("sold"), **held)
    books.put(order_key("still-open"), **held)
    books.put(open_key("still-open"), since="2026-11-25T00:00:00Z")
    [page] = books.cleanup.ended_before(NOW + SECOND)
    assert page == [cleanup.EndedOrder("sold", (f"closed:{LEFT}:sold",))]
    assert f"closed:{LEFT}:sold" in books.keys()
    assert f"closed:{LEFT}:still-open" not in books.keys()


def test_an_order_is_archived_with_its_own_row_last() -> None:
    """It alone names the others: what breaks off in between is found again."""
    books = Books()
    listed = [f"closed:{number:03d}:x" for number in range(100)]
    for key in listed:
        books.put(key, stage="Invoiced")
    books.put(order_key("o-1"), state=HELD, reservedAt="2026-01-01T00:00:00Z")
    removed: list[str] = []

    def look(request: str) -> None:
        removed.append(request)
        assert (order_key("o-1") in books.keys()) is (len(removed) < 3)

    books.table.before = look
    books.cleanup.archive(["o-1"], listed)
    assert removed == ["transact", "transact"]
    assert books.keys() == []


def test_nothing_to_remove_costs_nothing() -> None:
    books = Books()
    before = books.table.requests
    books.cleanup.close([])
    books.cleanup.archive([])
    books.cleanup.close_invoiced([])
    assert books.table.requests == before


def test_whom_a_restock_told_is_forgotten_with_it() -> None:
    books = Books()
    for key in (restock_key("key"), notified_key("key")):
        books.put(key, restockedAt="2026-11-25T11:00:00Z")
    books.put(restock_key("of an early version"))
    assert books.cleanup.forget_restocks(NOW) == 3
    assert books.keys() == []


def test_a_walk_reads_full_pages_and_keeps_where_it_got_to(books: Cleanup) -> None:
    """45 rows in pages of two; the place is written after each full one, and at the end."""
    made: list[str] = []
    books._table.before = made.append  # type: ignore[attr-defined]
    look(books)
    assert made == ["get", *["query", "transact"] * 22, "query", "transact"]
    assert books._table.rows["main", "cursor:open:"]["after"] == ""  # type: ignore[attr-defined]
    made.clear()
    look(books, 2)
    # Cut off at the second page: the place behind the first is kept.
    assert made == ["get", "query", "transact", "query"]
    kept = books._table.rows["main", "cursor:open:"]["after"]  # type: ignore[attr-defined]
    assert kept == "open:o-01"


def test_a_walk_through_few_rows_keeps_no_place() -> None:
    books = Books()
    books.put(open_key("o-1"), since="2026-11-25T00:00:00Z")
    made: list[str] = []
    books.table.before = made.append
    assert len(list(books.cleanup.open_orders())) == 1
    assert made == ["get", "query"]


def test_a_thousand_orders_are_read_with_one_request() -> None:
    books = Books()
    for number in range(1_001):
        books.put(open_key(f"o-{number:04d}"), since="2026-11-25T00:00:00Z")
    assert [len(page) for page in books.cleanup.open_orders()] == [1_000, 1]
