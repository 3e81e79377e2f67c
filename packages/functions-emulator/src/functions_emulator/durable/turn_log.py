"""What a person reads of a turn."""

from __future__ import annotations

import json
import logging

from functions_emulator.durable.instance import COMPLETED, FAILED
from functions_emulator.durable.turn import TurnResult

log = logging.getLogger("functions_emulator.durable")


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
    if status.runtime_status == FAILED:
        reason = str(json.loads(status.output or "null")).partition("\n")[0].strip()
        log.error("%s: %s", status.instance_id, reason)
    elif status.runtime_status == COMPLETED:
        log.info("%s: %s completed", status.instance_id, status.name)
    elif status.ended:
        log.warning("%s: %s was %s", status.instance_id, status.name, status.runtime_status.lower())
    elif result.restart is not None:
        log.info("%s: %s continued as new", status.instance_id, status.name)
