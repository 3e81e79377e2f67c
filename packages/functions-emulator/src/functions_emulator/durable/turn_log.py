"""What a person reads of a turn."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

from functions_emulator.durable.context import Scheduled
from functions_emulator.durable.instance import COMPLETED, FAILED
from functions_emulator.durable.turn import TurnResult

log = logging.getLogger("functions_emulator.durable")


def left_open(open_tasks: Sequence[Scheduled]) -> str:
    """Say what keeps an orchestrator that has returned from its end (durable-python#354)."""
    names = " and ".join(
        f"a timer due {each.fire_at:%Y-%m-%d %H:%M:%S} UTC" if each.fire_at else each.describe()
        for each in open_tasks
    )
    is_open = "is" if len(open_tasks) == 1 else "are"
    hint = " Cancel a timer that has lost its race." if any(t.fire_at for t in open_tasks) else ""
    return f"returned, but {names} {is_open} open: it stays Running until then.{hint}"


def log_turn(result: TurnResult) -> None:
    """Log how an instance ended or started anew, and what it calls in vain."""
    status = result.status
    for name in result.unknown:
        log.error(
            "%s: %s calls '%s', which doesn't exist, is disabled, or is of another kind: the call "
            "fails.",
            status.instance_id,
            status.name,
            name,
        )
    if any(each.fire_at for each in result.left_open):  # the rest comes back by itself
        log.warning("%s: %s %s", status.instance_id, status.name, left_open(result.left_open))
    if status.runtime_status == FAILED:
        reason = str(json.loads(status.output or "null")).partition("\n")[0].strip()
        log.error("%s: %s", status.instance_id, reason)
    elif status.runtime_status == COMPLETED:
        log.info("%s: %s completed", status.instance_id, status.name)
    elif status.ended:
        log.warning("%s: %s was %s", status.instance_id, status.name, status.runtime_status.lower())
    elif result.restart is not None:
        log.info("%s: %s continued as new", status.instance_id, status.name)
