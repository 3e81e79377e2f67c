import sqlite3
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions_emulator.durable import reading
from functions_emulator.durable.instance import Status
from functions_emulator.durable.reading import Query
from functions_emulator.durable.statements import INDEXES, SCHEMA, put_status

STATUSES = ("Running", "Completed", "Failed")
IDS = [f"{letter}-{number:02d}" for letter in ("a", "b", "c%", "é") for number in range(12)]
INSTANCES = {
    instance_id: Status(
        instance_id=instance_id,
        execution_id="e",
        name="n",
        version=None,
        input=None,
        output=None,
        custom_status=None,
        runtime_status=STATUSES[number % 3],
        created=f"2026-11-{1 + number % 28:02d}",
        updated="2026-11-30",
    )
    for number, instance_id in enumerate(IDS)
}


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA + INDEXES)
    for status in INSTANCES.values():
        connection.executemany(*put_status(status))
    yield connection
    connection.close()


def wanted(query: Query) -> list[str]:
    return sorted(
        status.instance_id
        for status in INSTANCES.values()
        if (not query.statuses or status.runtime_status in query.statuses)
        and (query.created_from is None or status.created >= query.created_from)
        and (query.created_to is None or status.created <= query.created_to)
        and status.instance_id.startswith(query.prefix or "")
    )


@given(
    st.builds(
        Query,
        statuses=st.lists(st.sampled_from(STATUSES), max_size=4).map(tuple),
        created_from=st.sampled_from([None, "2026-11-05"]),
        created_to=st.sampled_from([None, "2026-11-20"]),
        prefix=st.sampled_from([None, "", "a", "b-0", "b-01", "c%", "é-1", "z", "A"]),
    ),
    st.integers(1, 60),
)
def test_pages_hold_what_is_wanted_in_order_and_once(
    connection: sqlite3.Connection, query: Query, size: int
) -> None:
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        instances, after = reading.page(connection, query, after, size)
        assert len(instances) <= size
        found += [status.instance_id for status in instances]
    assert found == wanted(query)
    assert sorted(reading.ids(connection, query)) == wanted(query)


def test_a_page_of_the_few_does_not_read_the_many(connection: sqlite3.Connection) -> None:
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    def cost_of_a_page() -> int:
        nonlocal steps
        steps = 0
        reading.page(connection, Query(("Suspended", "Pending"), prefix="b"), "", 100)
        return steps

    connection.set_progress_handler(step, 1)
    before = cost_of_a_page()
    for number in range(5000):
        completed = replace(INSTANCES[IDS[1]], instance_id=f"many-{number}")
        connection.executemany(*put_status(completed))
    after = cost_of_a_page()
    connection.set_progress_handler(None, 0)
    connection.execute("DELETE FROM instances WHERE instance_id LIKE 'many-%'")
    assert after <= before + 50
