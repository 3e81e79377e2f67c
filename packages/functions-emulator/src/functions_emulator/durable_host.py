"""The durable runtime of an app, as the host starts and stops it."""

from __future__ import annotations

import asyncio
import importlib
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from functions_emulator.durable.owner import forget_owner, note_owner
from functions_emulator.errors import AppError
from functions_emulator.pool.caller import Caller
from functions_emulator.prepared import PreparedApp
from functions_emulator.triggers.invocation import OutputWriter

if TYPE_CHECKING:
    from functions_emulator.durable.http_listener import HttpListener
    from functions_emulator.durable.sidecar.server import SidecarServer

_MESSAGES = "durabletask.internal.orchestrator_service_pb2"


class DurableHost:
    """Makes the runtime and its local port; `binding` is the JSON text of durable clients.

    The port is taken before the runtime starts: its first activities may use a client.
    """

    def __init__(
        self,
        app: PreparedApp,
        state_file: Path,
        base_url: str,
        workers: Caller,
        write_output: OutputWriter,
    ) -> None:
        from functions_emulator.durable.runtime import (
            DurableRuntime,  # Costs nothing to other apps.
        )

        if app.speaks_grpc:
            _find_messages(app.settings.app_root)
        self.runtime = DurableRuntime(
            app.settings.durable,
            {f.durable_name: f for f in app.with_trigger("orchestrationTrigger")},
            {f.durable_name: f for f in app.with_trigger("activityTrigger")},
            workers,
            state_file,
            write_output,
            {f.durable_name: f for f in app.with_trigger("entityTrigger")},
            speaks_grpc=app.speaks_grpc,
        )
        self._state, self._base_url = state_file, base_url
        self._listener = _listener(app.speaks_grpc)
        self.binding = self.runtime.client_binding(base_url, self._listener.url)

    async def start(self) -> None:
        """Take up the orchestrations and answer clients; AppError for a bad state file."""
        try:
            await self.runtime.start()
        except BaseException:
            await self._listener.stop()
            raise
        note_owner(self._state, self._base_url)
        await self._listener.start(self.runtime)

    async def stop(self, seconds: float) -> None:
        """Finish the orchestrations' turns in flight, at most `seconds`."""
        forget_owner(self._state)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.runtime.stop(), seconds)
        await self._listener.stop()


def _listener(speaks_grpc: bool) -> HttpListener | SidecarServer:
    if speaks_grpc:
        from functions_emulator.durable.sidecar.server import SidecarServer

        return SidecarServer()
    from functions_emulator.durable.http_listener import HttpListener

    return HttpListener()


def _find_messages(app_root: Path) -> None:
    """Import the messages of SDK 2.x from where the app has them; AppError if that cannot be."""
    try:
        importlib.import_module(_MESSAGES)
        return
    except ImportError as error:
        packages = app_root / ".python_packages" / "lib" / "site-packages"
        if not packages.is_dir() or str(packages) in sys.path:
            raise _no_messages(error) from error
    sys.path.append(str(packages))
    try:
        importlib.import_module(_MESSAGES)
    except ImportError as error:
        raise _no_messages(error) from error


def _no_messages(error: ImportError) -> AppError:
    return AppError(
        f"the app uses azure-functions-durable 2, and the emulator needs its packages as well: "
        f"{error}. Install them beside it, for instance: pip install -r requirements.txt"
    )
