"""What requests do: to the rows of the tables, and to the books of the payment provider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.in_memory_table import COMPARISON, TESTS
from tests.unit.model.asking import Answer, Seen, freeze
from tests.unit.model.programs import Caches
from tests.unit.model.states import Rows, State


def matching(rows: Rows, table: str, query: str) -> Iterator[Seen]:
    comparisons = COMPARISON.findall(query)
    assert comparisons and len(comparisons) == query.count("'") // 2, query
    for (name, key), content in rows:
        parts = {"PartitionKey": key[0], "RowKey": key[1]}
        if name == table and all(TESTS[test](parts[part], to) for part, test, to in comparisons):
            yield Seen(table, key, content, True)


def transact(state: State, table: str, operations: Any) -> tuple[State, Answer]:
    rows = dict(state.rows)
    for index, (kind, content, etag) in enumerate(operations):
        found = rows.get((table, _key(dict(content))))
        code = ""
        if kind == "Insert":
            code = "EntityAlreadyExists" if found is not None else ""
        elif kind != "Upsert" and found is None:
            code = "ResourceNotFound"
        elif kind != "Upsert" and etag == "stale":
            code = "UpdateConditionNotSatisfied"
        if code:
            return state, Answer((code, index))
    written = []
    touched = set()
    for kind, content, _ in operations:
        key = _key(dict(content))
        touched.add((table, key))
        if kind == "Delete":
            del rows[table, key]
            continue
        before = dict(rows[table, key]) if kind == "Merge" else {}
        rows[table, key] = freeze({**before, **dict(content)})
        written.append(Seen(table, key, (), True))
    state = state._replace(
        rows=tuple(sorted(rows.items(), key=lambda item: item[0])),
        orders=tuple(order._replace(caches=_aged(order.caches, touched)) for order in state.orders),
        tasks=tuple(
            task._replace(
                caches=_aged(task.caches, touched),
                answers=tuple(_aged_answer(answer, touched) for answer in task.answers),
            )
            for task in state.tasks
        ),
    )
    return state, Answer(rows=tuple(written))


def _key(row: dict[str, Any]) -> tuple[str, str]:
    return row["PartitionKey"], row["RowKey"]


def _aged(caches: Caches, touched: set[Any]) -> Caches:
    return Caches(*(tuple(_stale(seen, touched) for seen in cache) for cache in caches))


def _aged_answer(answer: Answer, touched: set[Any]) -> Answer:
    if not answer.rows:
        return answer
    return answer._replace(rows=tuple(_stale(seen, touched) for seen in answer.rows))


def _stale(seen: Seen, touched: set[Any]) -> Seen:
    if seen.current and (seen.table, seen.key) in touched:
        return seen._replace(current=False)
    return seen


def at_provider(state: State, kind: str, details: Any) -> tuple[State, Answer]:
    """Do what the payment provider does: money is taken once, and never of a cancelled payment."""
    books = {(order, reference): how for order, reference, how in state.payments}
    if kind == "open":
        reference = f"pi-{sum(order == details for order, _ in books) + 1}"
        books[details, reference] = "open"
        answer = Answer(reference)
    elif kind == "take":
        if books[details] in ("cancelled", "returned"):
            return state, Answer(failed="closed")
        books[details] = "taken"
        answer = Answer()
    else:
        after = {"open": "cancelled", "taken": "returned"}
        books[details] = after.get(books[details], books[details])
        answer = Answer(books[details] == "returned")
    payments = tuple((*each, how) for each, how in sorted(books.items()))
    return state._replace(payments=payments), answer
