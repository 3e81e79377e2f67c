"""The local HTTP port of durable clients of azure-functions-durable 1.x."""

from __future__ import annotations

from aiohttp import web

from functions_emulator.durable.runtime import DurableRuntime
from functions_emulator.listening import RPC_ADDRESS, listen_for_clients, port_of


class HttpListener:
    """Answers durable clients; the port is taken at once, so that nobody else gets it."""

    def __init__(self) -> None:
        self._listening = listen_for_clients()
        self.url = f"http://{RPC_ADDRESS}:{port_of(self._listening)}/durabletask/"
        self._runner: web.AppRunner | None = None

    async def start(self, runtime: DurableRuntime) -> None:
        """Begin to answer."""
        application = runtime.rpc_application()
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.SockSite(self._runner, self._listening).start()

    async def stop(self) -> None:
        """Answer no more."""
        if self._runner is not None:
            await self._runner.cleanup()
        else:
            self._listening.close()
