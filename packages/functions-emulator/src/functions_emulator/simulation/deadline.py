"""A limit to how long a call may take."""

from __future__ import annotations

import contextvars
import sys
import threading
import traceback
import warnings
from collections.abc import Callable

from functions_emulator.simulation.errors import SimulationError


def call(function: Callable[[str], str], body: str, name: str, seconds: float | None) -> str:
    """Call an orchestrator; SimulationError that says where it is if it does not come back.

    With a limit it runs in a thread of its own, which is left behind then: nothing ends a loop.
    """
    if seconds is None:
        return _quietly(function, body)
    results: list[str] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(_quietly(function, body))
        except BaseException as error:
            errors.append(error)

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(run,), name=name, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        frame = sys._current_frames().get(thread.ident or 0)
        stack = "".join(traceback.format_stack(frame)[-3:]) if frame is not None else ""
        raise SimulationError(
            f"{name} has not come back for {seconds:g} s. Does it loop without a yield, or wait "
            f"for something real? It is at\n{stack}"
        )
    if errors:
        raise errors[0]
    return results[0]


def _quietly(function: Callable[[str], str], body: str) -> str:
    with warnings.catch_warnings():
        # As on the host: a warning is no error, whatever a test run makes of one, and those of the
        # SDK itself are nobody's business, such as of an event that came before its wait.
        warnings.simplefilter("default")
        warnings.filterwarnings("ignore", module=r"azure\.")
        return function(body)
