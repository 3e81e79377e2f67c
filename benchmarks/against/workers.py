"""Processes that work with the storage code of a version, all beginning at once."""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from benchmarks.against.versions import Version
from tools.processes import ToolError

WORKLOAD = Path(__file__).with_name("workload.py")


@dataclass(frozen=True)
class Job:
    """What each process does: so many orders, so many at once, of the SKUs in turn.

    `steps` is `all` of an order (accepted, reserved, paid for) or `reserve` alone.
    """

    storage: str
    skus: list[str]
    orders: int
    at_once: int = 1
    steps: str = "all"
    run: str = "work"


@dataclass(frozen=True)
class Done:
    """How long all processes took together, and the CPU milliseconds of an order."""

    seconds: float
    cpu_ms: float
    slowest_ms: float


def work(version: Version, job: Job, processes: int = 1) -> Done:
    """Have processes of a version do a job each; raises ToolError if one fails."""
    with ExitStack() as stack:
        workers = [stack.enter_context(_start(version, number)) for number in range(processes)]
        for worker in workers:
            stack.callback(worker.kill)
        for worker in workers:
            _tell(worker, json.dumps(asdict(job)))
        for worker in workers:
            _line(worker)
        started = time.perf_counter()
        for worker in workers:
            _tell(worker, "go")
        found: list[dict[str, Any]] = [json.loads(_line(worker)) for worker in workers]
        seconds = time.perf_counter() - started
    return Done(
        seconds,
        sum(each["cpu_ms"] for each in found) / len(found),
        max(each["slowest_ms"] for each in found),
    )


def _start(version: Version, number: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(version.python), "-W", "ignore", str(WORKLOAD), str(number)],
        cwd=version.root,
        env=dict(version.environment()),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _tell(worker: subprocess.Popen[str], text: str) -> None:
    _open(worker.stdin).write(f"{text}\n")
    _open(worker.stdin).flush()


def _line(worker: subprocess.Popen[str]) -> str:
    line = _open(worker.stdout).readline()
    if not line:
        raise ToolError(f"The storage code gave no figures.\n{_open(worker.stderr).read()[-2000:]}")
    return line


def _open(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream
