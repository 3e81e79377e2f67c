"""The forms in which an app has an orchestrator, and the one that the SDK's engine takes."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from typing import Any

from functions_emulator.simulation.errors import SimulationError

# Takes the body of an orchestration trigger and gives the SDK's answer.
Handle = Callable[[str], str]


def handle_of(orchestrator: Any) -> tuple[str, Handle]:
    """Give the name of an orchestrator and its handle.

    Takes what `@app.orchestration_trigger` makes of a function, the function before that, or the
    handle itself.
    """
    if metadata.version("azure-functions-durable").startswith("2."):
        raise SimulationError(
            "a simulation needs azure-functions-durable 1.x, and 2.x is installed"
        )
    if hasattr(orchestrator, "build"):
        function = orchestrator.build()
        return str(function.get_function_name()), function.get_user_function()
    if hasattr(orchestrator, "orchestrator_function"):
        return str(orchestrator.orchestrator_function.__name__), orchestrator
    if not callable(orchestrator):
        raise SimulationError(f"{orchestrator!r} is no orchestrator")
    from azure.durable_functions import Orchestrator

    return str(orchestrator.__name__), Orchestrator.create(orchestrator)
