import time

from tools.chaos.journal import Journal, order_ids_in
from tools.chaos.schedule import make_round

PLAN = make_round(12, 3, 9, 0)


def test_orders_are_found_in_addresses_and_bodies() -> None:
    texts = (f"/inventory(RowKey='order:{PLAN.order_id(7)}')", b'{"k": "open:s12-r003-0008"}')
    assert order_ids_in(*texts) == {"s12-r003-0007", "s12-r003-0008"}
    assert order_ids_in(b"\xff", "s12-r003-plenty") == frozenset()


def test_the_sku_of_one_order_stands_for_that_order() -> None:
    assert order_ids_in(f"sku:{PLAN.prefix}short-0004") == {PLAN.order_id(4)}


def test_what_hit_an_order_is_told_in_time_order() -> None:
    journal = Journal()
    journal.note("storage-lost", ["a", "b"], at=2.0)
    journal.note("worker-killed", ["a"], at=1.0)
    journal.note("clock-jump", at=3.0)
    assert [event.kind for event in journal.of_order("a")] == ["worker-killed", "storage-lost"]
    assert journal.orders_hit()["storage-lost"] == {"a", "b"}
    assert journal.counts() == {"storage-lost": 1, "worker-killed": 1, "clock-jump": 1}


def test_a_fault_is_found_between_two_moments() -> None:
    journal = Journal()
    now = time.time()
    journal.note("host-killed", at=now)
    assert journal.has({"host-killed"}, now - 1, now + 1)
    assert not journal.has({"host-killed"}, now + 1, now + 2)
    assert not journal.has({"worker-killed"}, now - 1, now + 1)
