"""The durable runtime of an app, as the host starts and stops it."""

import asyncio
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from functions_emulator.durable.owner import forget_owner, note_owner
from functions_emulator.listening import RPC_ADDRESS, listen_for_clients, port_of
from functions_emulator.pool.caller import Caller
from functions_emulator.prepared import PreparedApp
from functions_emulator.triggers.invocation import OutputWriter


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

        self.runtime = DurableRuntime(
            app.settings.durable,
            {f.durable_name: f for f in app.with_trigger("orchestrationTrigger")},
            {f.durable_name: f for f in app.with_trigger("activityTrigger")},
            workers,
            state_file,
            write_output,
            {f.durable_name: f for f in app.with_trigger("entityTrigger")},
        )
        self._state, self._base_url = state_file, base_url
        self._listening = listen_for_clients()
        rpc_base_url = f"http://{RPC_ADDRESS}:{port_of(self._listening)}/durabletask/"
        self.binding = self.runtime.client_binding(base_url, rpc_base_url)
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Take up the orchestrations and answer clients; AppError for a bad state file."""
        try:
            await self.runtime.start()
        except BaseException:
            self._listening.close()
            raise
        note_owner(self._state, self._base_url)
        application = self.runtime.rpc_application()
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.SockSite(self._runner, self._listening).start()

    async def stop(self, seconds: float) -> None:
        """Finish the orchestrations' turns in flight, at most `seconds`."""
        forget_owner(self._state)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.runtime.stop(), seconds)
        if self._runner is not None:
            await self._runner.cleanup()
