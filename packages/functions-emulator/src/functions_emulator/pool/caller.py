"""What triggers and the durable engine need of the workers: that they run a function."""

from __future__ import annotations

from typing import Protocol

from functions_emulator.pool.calls import Invocation, Outputs


class Caller(Protocol):
    """Runs functions of the app, wherever they are."""

    async def call(self, invocation: Invocation) -> Outputs:
        """Run a function once and give its outputs, `$return` included.

        Raises FunctionError if it raised, WorkerLost if its process ended before it, and
        FunctionTimedOut if it ran for too long.
        """
