import asyncio
import json
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

from benchmarks.growth.weighing import weigh
from functions_emulator.durable import reading, statements
from functions_emulator.durable.clock import Clock
from functions_emulator.durable.events import EventType, Recorded, make, record
from functions_emulator.durable.instance import Message, Status
from functions_emulator.durable.store import Store
from tools.state_pile import pile_up_in_state

ORDER = "order-000"


def _event(kind: EventType, **fields: object) -> Recorded:
    return record(make(kind, Clock().now(), **fields))


async def _put_order(store: Store) -> int:
    """Write an order with two events and two timers; tell the bytes of all its columns."""
    order_input = json.dumps({"orderId": ORDER, "customerId": "Zoë"}, ensure_ascii=False)
    status = Status(ORDER, "e1", "PlaceOrder", None, order_input, None, None, "Running", "a", "b")
    history = [
        _event(EventType.EXECUTION_STARTED, Input=order_input),
        _event(EventType.TASK_SCHEDULED, Name="Check"),
    ]
    timers = [
        Message(id_, ORDER, _event(EventType.TIMER_FIRED, TimerId=id_), "e1", 2_000_000_000.0)
        for id_ in (1, 2)
    ]
    await store.commit(
        [
            statements.put_status(status),
            statements.append_history(ORDER, 0, history),
            statements.put_messages(timers),
        ]
    )
    rows: list[tuple[object, ...]] = [
        (ORDER, "e1", "PlaceOrder", order_input, "Running", "a", "b"),
        *((ORDER, number, event.text) for number, event in enumerate(history)),
        *((each.id, ORDER, each.event.text, "e1", each.due) for each in timers),
    ]
    return sum(len(str(value).encode()) for row in rows for value in row)


def test_an_order_weighs_what_its_columns_hold_while_the_state_file_is_in_use(
    tmp_path: Path,
) -> None:
    async def weighed() -> tuple[int, list[int]]:
        store = Store(tmp_path / "state.db")
        store.open()
        expected = await _put_order(store)
        try:
            return expected, weigh(tmp_path / "state.db", [ORDER, "nobody"])
        finally:
            store.close()

    expected, found = asyncio.run(weighed())
    assert found == [expected, 0]


def test_copies_are_orders_of_their_own_that_weigh_the_same(tmp_path: Path) -> None:
    state = tmp_path / "state.db"

    async def make_order() -> None:
        store = Store(state)
        store.open()
        await _put_order(store)
        store.close()

    asyncio.run(make_order())
    copies = ["order-001", "order-002"]
    pile_up_in_state(state, ORDER, copies)
    assert len(set(weigh(state, [ORDER, *copies]))) == 1
    with closing(connect(state)) as connection:
        for order_id in copies:
            instance = reading.instance(connection, order_id)
            assert (
                instance is not None
                and json.loads(instance.status.input or "")["orderId"] == order_id
            )
            assert order_id in instance.history[0].text and ORDER not in instance.history[0].text
        messages = list(reading.messages(connection))
    assert [each.instance_id for each in messages].count("order-002") == 2
    assert len({each.id for each in messages}) == 6
