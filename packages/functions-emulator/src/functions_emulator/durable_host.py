"""The durable runtime of an app, as the host starts and stops it."""

import asyncio
from contextlib import suppress

from aiohttp import web

from functions_emulator.durable.owner import forget_owner, note_owner
from functions_emulator.listening import RPC_ADDRESS, listen_for_clients, port_of
from functions_emulator.prepared import Options, PreparedApp
from functions_emulator.worker.invocation import OutputWriter
from functions_emulator.worker.worker import Worker


class DurableHost:
    """Makes the runtime and its local port; `binding` is the JSON text of durable clients.

    The port is taken before the runtime starts: its first activities may use a client.
    """

    def __init__(
        self,
        app: PreparedApp,
        options: Options,
        base_url: str,
        worker: Worker,
        write_output: OutputWriter,
    ) -> None:
        from functions_emulator.durable.runtime import (
            DurableRuntime,  # Costs nothing to other apps.
        )

        self.runtime = DurableRuntime(
            app.settings.durable,
            {f.durable_name: f for f in app.with_trigger("orchestrationTrigger")},
            {f.durable_name: f for f in app.with_trigger("activityTrigger")},
            worker,
            options.state_file,
            write_output,
            {f.durable_name: f for f in app.with_trigger("entityTrigger")},
        )
        self._state, self._base_url = options.state_file, base_url
        self.listening = listen_for_clients()
        rpc_base_url = f"http://{RPC_ADDRESS}:{port_of(self.listening)}/durabletask/"
        self.binding = self.runtime.client_binding(base_url, rpc_base_url)

    async def start(self) -> web.Application:
        """Take up the orchestrations; return the application of the local port."""
        try:
            await self.runtime.start()
        except BaseException:
            self.listening.close()
            raise
        note_owner(self._state, self._base_url)
        return self.runtime.rpc_application()

    async def stop(self, seconds: float) -> None:
        """Finish the orchestrations' turns in flight, at most `seconds`."""
        forget_owner(self._state)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.runtime.stop(), seconds)
