import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.chaos.armed import Armed
from tools.chaos.client import Client
from tools.chaos.injector import LONGEST_JUMP, Differing, Injector
from tools.chaos.journal import Journal
from tools.chaos.placed import Placed, PlacedOrder
from tools.chaos.schedule import PlannedFault, Round
from tools.chaos.tickets import Tickets
from tools.http_client import Response

ORDER = "s1-r000-0000"
LINE = '{"at": %f, "kind": "%s", "activity": "ProcessPayment", "input": {"orderId": "%s"}%s}\n'


class FakeRig:
    """Writes down what it is told to do."""

    def __init__(self, folder: Path) -> None:
        self.armed = Armed()
        self.journal = Journal()
        self.tickets = Tickets(folder)
        self.messages = self
        self.done: list[str] = []
        self.clock_moves: list[float] = []
        self.has_worker = True

    def advance(self, seconds: float) -> bool:
        self.clock_moves.append(seconds)
        return True

    def kill_worker(self, chance: random.Random) -> bool:
        self.done.append("kill a worker")
        return self.has_worker

    def kill_host(self) -> None:
        self.done.append("kill the host")

    def stop_azurite(self, chance: random.Random) -> None:
        self.done.append("stop Azurite")

    def flush(self) -> None:
        self.done.append("flush")

    def start(self) -> None:
        self.done.append("start")


class FakeClient(Client):
    """Answers each request with 200, and writes it down."""

    def __init__(self) -> None:
        super().__init__(lambda: "", Journal())
        self.asked: list[tuple[str, Any]] = []

    def ask(self, method: str, path: str, body: Any = None, headers: Any = None) -> Response:
        self.asked.append((f"{method} {path}", body))
        return Response(200)

    def manage(self, method: str, path: str) -> int:
        self.asked.append((f"{method} {path.rpartition('instances/')[2]}", None))
        return 202


@pytest.fixture
def rig(tmp_path: Path) -> FakeRig:
    return FakeRig(tmp_path / "chaos")


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def placed() -> Iterator[Placed]:
    found = Placed()
    found.begin(PlacedOrder(ORDER, "in stock", {}))
    yield found


def run(rig: Any, client: Client, placed: Placed, *kinds: str) -> Injector:
    """Let faults happen at once, and end."""
    faults = tuple(PlannedFault(0, kind, number) for number, kind in enumerate(kinds, 1))
    injector = Injector(rig, Round(1, 0, ("in stock",), faults, True), client, placed)
    over = threading.Event()
    over.set()
    injector.run(lambda: 1, over)
    return injector


def test_processes_and_the_clock_are_dealt_with_at_once_and_counted(
    rig: FakeRig, client: FakeClient, placed: Placed
) -> None:
    run(rig, client, placed, "worker-killed", "host-killed", "azurite-stopped", "clock-jump")
    assert rig.done[:3] == ["kill a worker", "kill the host", "stop Azurite"]
    assert len(rig.clock_moves) == 1 and 0 < rig.clock_moves[0] <= LONGEST_JUMP
    kinds = ("worker-killed", "host-killed", "azurite-stopped", "clock-jump")
    assert rig.journal.counts() == dict.fromkeys(kinds, 1)
    assert all(event.orders == {ORDER} for event in rig.journal.events)


def test_what_waits_for_a_request_is_armed_and_not_counted_and_taken_back_at_the_end(
    rig: FakeRig, client: FakeClient, placed: Placed, monkeypatch: pytest.MonkeyPatch
) -> None:
    added: list[tuple[str, str]] = []
    monkeypatch.setattr(rig.armed, "add", lambda target, fault: added.append((target, fault.kind)))
    kinds = ("storage-lost", "stripe-500", "message-doubled", "message-delayed")
    run(rig, client, placed, *kinds, "activity-twice")
    targets = ["storage", "stripe", "app-message", "message"]
    assert added == list(zip(targets, kinds, strict=True))
    assert rig.journal.events == []
    # The ticket that nobody took.
    assert list((rig.tickets.folder / "tickets").iterdir()) == []
    assert rig.done == ["flush", "start"]


def test_a_fault_waits_until_its_order_was_begun(
    rig: FakeRig, client: FakeClient, placed: Placed
) -> None:
    plan = Round(1, 0, ("in stock",) * 9, (PlannedFault(4, "host-killed", 1),), True)
    injector = Injector(rig, plan, client, placed)  # type: ignore[arg-type]
    over, asked = threading.Event(), 0

    def begun() -> int:
        nonlocal asked
        asked += 1
        if rig.done:
            over.set()
        elif asked <= 4:
            return asked
        return 5

    injector.run(begun, over)
    assert asked >= 5 and rig.done[0] == "kill the host"


def test_an_activity_that_ran_is_run_again_with_its_input(
    rig: FakeRig, client: FakeClient, placed: Placed
) -> None:
    happened = rig.tickets.folder / "happened.jsonl"
    happened.write_text(LINE % (time.time(), "again", ORDER, ""))
    run(rig, client, placed)
    assert client.asked == [("POST /api/chaos/ProcessPayment", {"orderId": ORDER})]
    assert rig.journal.counts() == {"activity-again": 1}
    assert [event.kind for event in rig.journal.of_order(ORDER)] == ["activity-again"]


def test_twins_are_counted_and_those_that_differ_are_told(
    rig: FakeRig, client: FakeClient, placed: Placed
) -> None:
    happened = rig.tickets.folder / "happened.jsonl"
    twice = LINE % (1.5, "twice", ORDER, "")
    happened.write_text(twice + LINE % (1.6, "differs", ORDER, ', "answers": [1, 2]'))
    injector = run(rig, client, placed)
    assert rig.journal.events[0][:3] == (1.5, "activity-twice", {ORDER})
    assert injector.differing == [Differing("ProcessPayment", ORDER, [1, 2])]
    assert client.asked == []


def test_a_suspended_order_is_resumed(rig: FakeRig, client: FakeClient, placed: Placed) -> None:
    run(rig, client, placed, "suspend")
    asked = [what for what, _ in client.asked]
    assert asked[0] == f"POST {ORDER}/suspend?reason=chaos"
    assert f"POST {ORDER}/resume?reason=chaos" in asked[1:]
    assert rig.journal.counts() == {"suspend": 1}
