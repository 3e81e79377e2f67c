"""What a round of chaos may not have done: the six invariants, and what only chaos can tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tools.audit.books import Books
from tools.audit.invariants import Violation, check
from tools.audit.record import Record
from tools.chaos.injector import Differing
from tools.chaos.placed import Placed
from tools.chaos.stripe_books import Intent

Intents = Mapping[str, Sequence[Intent]]


def judge(
    books: Books,
    record: Record,
    placed: Placed,
    intents: Intents | None,
    differing: Sequence[Differing] = (),
    broken: Sequence[str] = (),
) -> list[Violation]:
    """Return what is violated, by the books of an app at rest and of its Stripe. Pure."""
    found = [Violation(1, text) for text in _live(books)]
    found += check(books, record)
    found += [Violation(2, text) for text in _money(books, placed.orders, intents)]
    found += [Violation(5, text) for text in _ends(books, placed)]
    found += [
        Violation(2, f"order {each.order_id}: {each.activity} answered its twin {each.answers}")
        for each in differing
    ]
    # What the invariant counts, one by one.
    found += [Violation(5, text) for text in broken]
    return found


def judge_all(books: Books, record: Record, intents: Intents | None) -> list[Violation]:
    """Return what is violated by the books of all orders together. Pure."""
    everybody = (intents or {}).keys() | books.payments.keys()
    return [
        *check(books, record),
        *(Violation(2, text) for text in _money(books, everybody, intents)),
    ]


def _live(books: Books) -> Iterator[str]:
    for order_id, order in sorted(books.orders.items()):
        if order.live:
            yield f"order {order_id} has not ended: {order.runtime_status}, {order.stage}"


def _money(books: Books, order_ids: Iterable[str], intents: Intents | None) -> Iterator[str]:
    """Compare what Stripe has kept, if it takes the money, with what the shop's books say."""
    if intents is None:
        return
    for order_id in sorted(order_ids):
        kept = sum(intent.kept for intent in intents.get(order_id, ()))
        charged = sum(each.total for each in books.payments.get(order_id, ()) if each.charged)
        if kept != charged:
            yield f"order {order_id} was charged {charged} by the books, and Stripe keeps {kept}"


def _ends(books: Books, placed: Placed) -> Iterator[str]:
    for order_id, order in sorted(placed.orders.items()):
        found = books.orders.get(order_id)
        if found is None or found.live or order.may_end_as(found.end):
            continue
        yield f"order {order_id} ({order.scenario}) ended as {found.end}, which nobody asked for"
