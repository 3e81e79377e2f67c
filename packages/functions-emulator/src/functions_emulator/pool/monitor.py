"""Look at what runs: a function that takes too long, an event loop that is blocked."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from functions_emulator.failures import FunctionTimedOut
from functions_emulator.pool.calls import Pending
from functions_emulator.pool.process import WorkerProcess

TICK_SECONDS = 1.0
# A turn of an orchestrator takes milliseconds; so does a step of an async function.
SLOW_SECONDS = 5.0

log = logging.getLogger("functions_emulator.worker")


async def look_at(worker: WorkerProcess, timeout: timedelta | None) -> bool:
    """Warn of what holds up a worker, and end calls that have run out of time.

    Tells whether there was one of these: its worker has to be replaced.
    """
    now = time.monotonic()
    if not worker.calls.pending:
        worker.answered_at = now  # It is asked only while it has something to do.
        return False
    worker.tick()
    _warn_of_orchestrators(worker, now)
    await _warn_of_blocked_loop(worker, now)
    if timeout is None:
        return False
    seconds = timeout.total_seconds()
    late = [n for n, call in worker.calls.pending.items() if now - call.started > seconds]
    for number in late:
        _time_out(worker, number, timeout)
    return bool(late)


def _warn_of_orchestrators(worker: WorkerProcess, now: float) -> None:
    for call in worker.calls.pending.values():
        kind = call.invocation.function.trigger.type
        if kind == "orchestrationTrigger" and _newly_slow(call, now):
            log.warning(
                "%s: the orchestrator %s has been running for %d s in worker process %d. It holds "
                "up others there: an orchestrator must not wait, block or compute for long.",
                call.invocation.instance_id,
                call.invocation.function.name,
                now - call.started,
                worker.pid,
            )


async def _warn_of_blocked_loop(worker: WorkerProcess, now: float) -> None:
    if now - worker.answered_at < SLOW_SECONDS:
        return
    calls = [each for each in worker.calls.pending.values() if each.invocation.function.is_async]
    if not [call for call in calls if _newly_slow(call, now)]:
        return
    names = sorted({call.invocation.function.name for call in calls})
    place = await worker.where()
    log.warning(
        "The event loop of worker process %d has not answered for %d s%s. One of its async "
        "functions blocks it, and all of them wait: %s. Await what takes time, or make the "
        "function `def`.",
        worker.pid,
        now - worker.answered_at,
        f"; it is at {place}" if place else "",
        ", ".join(names),
    )


def _newly_slow(call: Pending, now: float) -> bool:
    if call.warned or now - call.started < SLOW_SECONDS:
        return False
    call.warned = True
    return True


def _time_out(worker: WorkerProcess, number: int, timeout: timedelta) -> None:
    invocation = worker.calls.pending[number].invocation
    text = f"Timeout value of {_timespan(timeout)} exceeded by function"
    log.error(
        "%s 'Functions.%s' (Id: '%s'). Initiating cancellation.",
        text,
        invocation.function.name,
        invocation.id,
    )
    text = f"Timeout value of {_timespan(timeout)} was exceeded by function"
    worker.calls.fail(number, FunctionTimedOut(f"{text}: Functions.{invocation.function.name}"))


def _timespan(span: timedelta) -> str:
    days, rest = divmod(int(span.total_seconds()), 86_400)
    text = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{days}.{text}" if days else text
