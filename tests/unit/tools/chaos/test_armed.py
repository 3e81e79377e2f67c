from tools.chaos.armed import Armed
from tools.chaos.schedule import PlannedFault

FIRST, SECOND = PlannedFault(0, "storage-lost", 1), PlannedFault(0, "storage-500", 2)


def test_each_fault_happens_once_and_in_turn() -> None:
    armed = Armed()
    armed.add("storage", FIRST)
    armed.add("storage", SECOND)
    assert armed.take("stripe") is None
    assert [armed.take("storage") for _ in range(3)] == [FIRST, SECOND, None]


def test_what_has_not_happened_is_taken_back_and_counted() -> None:
    armed = Armed()
    armed.add("storage", FIRST)
    armed.add("message", SECOND)
    assert armed.disarm() == 2
    assert armed.take("storage") is None and armed.disarm() == 0
