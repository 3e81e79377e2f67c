"""The faults by name: what is done to the app while orders come in."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from tools.chaos.proxy import NONE, Faults
from tools.chaos.rig import Rig
from tools.processes import ToolError

# A fault lasts for some seconds while the load goes on; a number makes its choices.
Fault = Callable[[Rig, float, random.Random], None]


def _storage(faults: Faults) -> Fault:
    def run(rig: Rig, seconds: float, chance: random.Random) -> None:
        rig.proxy.faults = faults
        time.sleep(seconds)
        rig.proxy.faults = NONE

    return run


def _host_killed(rig: Rig, seconds: float, chance: random.Random) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.1, 1.5))
        rig.kill_host()


def _azurite_stopped(rig: Rig, seconds: float, chance: random.Random) -> None:
    time.sleep(min(1.0, seconds / 4))
    rig.azurite.stop()
    time.sleep(seconds)
    rig.azurite.start()


def _messages_doubled(rig: Rig, seconds: float, chance: random.Random) -> None:
    rig.load.copies = 2
    time.sleep(seconds)
    rig.load.copies = 1


def _activities_doubled(rig: Rig, seconds: float, chance: random.Random) -> None:
    rig.run_app(doubled=True)
    time.sleep(seconds)
    rig.run_app(doubled=False)


def _all_at_once(rig: Rig, seconds: float, chance: random.Random) -> None:
    rig.load.copies = 2
    rig.proxy.faults = Faults(refused=0.05, lost=0.05, delayed=0.1, delay=0.5)
    _host_killed(rig, seconds, chance)
    rig.proxy.faults = NONE
    rig.load.copies = 1


FAULTS: dict[str, Fault] = {
    "host killed with -9, again and again": _host_killed,
    "storage refuses a fifth of the requests": _storage(Faults(refused=0.2)),
    "a tenth of storage's answers lost": _storage(Faults(lost=0.1)),
    "a third of storage's answers late": _storage(Faults(delayed=0.33, delay=2.0)),
    "Azurite stopped and started": _azurite_stopped,
    "every event message sent twice": _messages_doubled,
    "every activity run twice at once": _activities_doubled,
    "killed, refused, lost, late and doubled": _all_at_once,
}


def run_under_load(rig: Rig, name: str, seconds: float, chance: random.Random) -> int:
    """Let a fault happen while orders come in; return how many orders were placed."""
    before = len(rig.load.placed)
    over = threading.Event()
    failures: list[BaseException] = []

    def load() -> None:
        try:
            rig.load.until(over.is_set)
        except BaseException as error:  # handed to the thread that waits for it
            failures.append(error)

    thread = threading.Thread(target=load)
    thread.start()
    try:
        FAULTS[name](rig, seconds, chance)
    finally:
        over.set()
        with suppress(ToolError):
            if not rig.azurite.running:
                rig.azurite.start()
            if not rig.host.running:
                rig.host.start()
        thread.join()
    if failures:
        raise failures[0]
    return len(rig.load.placed) - before
