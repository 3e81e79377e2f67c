"""Makes the faults of a round happen, each when it is due."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from tools.chaos.client import Client
from tools.chaos.kinds import ARMED, KINDS
from tools.chaos.management import Operator
from tools.chaos.placed import Placed
from tools.chaos.rig import Rig
from tools.chaos.schedule import PlannedFault, Round
from tools.chaos.tickets import Run
from tools.processes import wait_until

LONGEST_JUMP = 60.0
# Of the messages that are doubled, every third is one that the app itself sends.
_APPS_OWN = 3
_PAUSE = 0.02
# All of them may be on their way back from the kills before.
_WORKER_SECONDS = 20.0


class Differing(NamedTuple):
    """An activity that answered its twin differently."""

    activity: str
    order_id: str
    answers: object


class Injector:
    """Arms what waits for a request, a message or an activity, and does the rest itself.

    Faults that were not yet met when the round's load is over are taken back and not counted.
    """

    def __init__(self, rig: Rig, plan: Round, client: Client, placed: Placed) -> None:
        self.differing: list[Differing] = []
        self._rig = rig
        self._plan = plan
        self._placed = placed
        self._client = client
        self._operator = Operator(client, rig.journal, placed)
        self._later: list[tuple[float, Run]] = []
        self._twins = ThreadPoolExecutor(4, thread_name_prefix="twins")

    def run(self, begun: Callable[[], int], over: threading.Event) -> None:
        """Go through the faults as orders are begun, until the load is over."""
        waiting = list(self._plan.faults)
        while waiting or not over.is_set():
            now_due = begun()
            while waiting and (waiting[0].due < now_due or over.is_set()):
                self._happen(waiting.pop(0))
                self._look_after()
            self._look_after()
            over.wait(_PAUSE)
        self._take_back()

    def _happen(self, fault: PlannedFault) -> None:
        target = KINDS[fault.kind].target
        if target == "activity":
            self._rig.tickets.lay(fault.kind.partition("-")[2])
        elif fault.kind == "message-doubled" and fault.number % _APPS_OWN == 0:
            self._rig.armed.add("app-message", fault)
        elif target in ARMED:
            self._rig.armed.add(target, fault)
        else:
            self._do(fault, target)

    def _do(self, fault: PlannedFault, target: str) -> None:
        chance = self._plan.chance("fault", fault.number)
        if target == "management":
            self._operator.do(fault.kind, chance)
            return
        at, hit = time.time(), self._placed.under_way()
        happened = True
        if fault.kind == "clock-jump":
            happened = self._rig.advance(chance.uniform(1, LONGEST_JUMP))
        elif fault.kind == "worker-killed":
            happened = wait_until(lambda: self._rig.kill_worker(chance), _WORKER_SECONDS)
        elif fault.kind == "host-killed":
            self._rig.kill_host()
        elif fault.kind == "azurite-stopped":
            self._rig.stop_azurite(chance)
        if happened:
            self._rig.journal.note(fault.kind, hit, at=at)

    def _look_after(self) -> None:
        """Resume what was suspended, and run again what was left to be run again."""
        self._operator.resume_one()
        for run in self._rig.tickets.happened():
            if run.kind == "differs":
                self.differing.append(Differing(run.activity, run.order_id, run.answers))
            elif run.kind == "twice":
                self._rig.journal.note("activity-twice", [run.order_id], run.activity, run.at)
            else:
                chance = self._plan.chance("again", len(self._later), run.order_id)
                self._later.append((run.at + chance.uniform(0, 8), run))
        now = time.time()
        for due in [each for each in self._later if each[0] <= now]:
            self._later.remove(due)
            self._twins.submit(self._again, due[1])

    def _again(self, run: Run) -> None:
        answer = self._client.ask("POST", f"/api/chaos/{run.activity}", run.input)
        if answer.status in (200, 503):
            self._rig.journal.note("activity-again", [run.order_id], run.activity)

    def _take_back(self) -> None:
        self._rig.armed.disarm()
        self._rig.tickets.disarm()
        self._rig.messages.flush()
        self._rig.start()
        for order_id in sorted(self._placed.those("suspend")):
            self._operator.resume(order_id)
        self._look_after()
        while self._later:
            _, run = self._later.pop()
            self._twins.submit(self._again, run)
        self._twins.shutdown()
