"""One load of the app at work: its triggers and its orchestrations, on a pool of workers."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from aiohttp import web
from azure.functions.meta import Datum

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.durable_host import DurableHost
from functions_emulator.pool.pool import Pool
from functions_emulator.prepared import PreparedApp
from functions_emulator.triggers.http import Handler, HttpTrigger
from functions_emulator.triggers.invocation import Invoker
from functions_emulator.triggers.queue import QueueListener
from functions_emulator.triggers.queue_output import QueueOutput
from functions_emulator.triggers.queue_storage import QueueStorage
from functions_emulator.triggers.timer import TimerTrigger, schedule_zone

_log = logging.getLogger("functions_emulator.host")


class RunningApp:
    """Serves an app whose workers have loaded it: `start`, `start_triggers`, then `stop`.

    `home` answers `/` if no function does.
    """

    def __init__(
        self, app: PreparedApp, pool: Pool, state_file: Path, base_url: str, home: Handler
    ) -> None:
        self.app = app
        self.durable: DurableHost | None = None
        self._pool = pool
        self._state_file = state_file
        self._base_url = base_url
        self._storage = QueueStorage(app.settings.queues.message_encoding)
        self._output = QueueOutput(self._storage, app.queue_of)
        self._invoker = Invoker(pool, self._output.write)
        headers = app.settings.http.custom_headers
        self._http = HttpTrigger(app.router, self._invoker, headers, home)
        self._listeners: list[QueueListener] = []
        self._polling: list[asyncio.Task[None]] = []
        self._timers = self._make_timers()

    async def start(self) -> None:
        """Take up the orchestrations; AppError if the state file cannot be used."""
        if self.app.uses_durable:
            durable = DurableHost(
                self.app, self._state_file, self._base_url, self._pool, self._output.write
            )
            await durable.start()
            self._invoker.client_binding = lambda: durable.binding
            self.durable = durable

    def start_triggers(self) -> None:
        """Start polling queues and waiting for timers."""
        settings = self.app.settings.queues
        for binding in self.app.queues:
            listener = QueueListener(
                binding, self._storage, settings, self._invoker, self.app.invisibility
            )
            self._listeners.append(listener)
            self._polling.append(asyncio.create_task(listener.run()))
        for timer in self._timers.values():
            self._polling.append(asyncio.create_task(timer.run()))
        for task in self._polling:
            task.add_done_callback(_report_end)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request to an HTTP function."""
        return await self._http.handle(request)

    async def manage(self, request: web.Request) -> web.StreamResponse:
        """Answer a request to the management API of orchestrations."""
        if self.durable is None:
            return web.Response(status=404)
        return await self.durable.runtime.manage(request)

    def url_of(self, function: FunctionDefinition) -> str | None:
        """Return the URL of an HTTP function, None for others."""
        for route in self.app.router.routes:
            if route.function is function:
                return f"{self._base_url}/{route.template.text}"
        return None

    def functions_at_work(self) -> list[str]:
        """Name the functions that run, but for those of orchestrations."""
        return list(self._invoker.running.values())

    async def queues_with_messages(self) -> list[str]:
        """Name the queues that hold messages for functions."""
        return [each.queue_name for each in self._listeners if await each.has_messages()]

    async def run_by_hand(self, function: FunctionDefinition, text: str) -> None:
        """Run a queue or timer function once, for whoever asked the host to."""
        timer = self._timers.get(function.name)
        if timer is not None:
            await timer.fire()
            return
        reason = "This function was programmatically called via the host APIs."
        metadata = {"Id": Datum("", "string"), "DequeueCount": Datum(0, "int")}
        await self._invoker.invoke(function, Datum(text, "string"), metadata, reason)

    async def stop(self, seconds: float) -> None:
        """Take nothing new, finish what is in flight for up to `seconds`, end the workers."""
        for listener in self._listeners:
            listener.stop()
        await asyncio.gather(
            self._invoker.wait_idle(seconds),
            *(listener.drain(seconds) for listener in self._listeners),
        )
        if self._invoker.running:
            names = sorted(self._invoker.running.values())
            count = "1 function" if len(names) == 1 else f"{len(names)} functions"
            _log.warning("%s did not end in time: %s.", count, ", ".join(names))
        for task in self._polling:
            task.cancel()
        await asyncio.gather(*self._polling, return_exceptions=True)
        if self.durable is not None:
            await self.durable.stop(seconds)
        await self._pool.stop()
        await self._storage.close()

    def _make_timers(self) -> dict[str, TimerTrigger]:
        settings = self.app.settings
        timers = {}
        for function in self.app.with_trigger("timerTrigger"):
            where = f"function {function.name}, schedule"
            schedule = settings.resolve(str(function.trigger.properties.get("schedule")), where)
            zone = schedule_zone(settings.values)
            timers[function.name] = TimerTrigger.of(function, schedule, self._invoker, zone)
        return timers


def _report_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.error("A trigger has stopped; restart the emulator.", exc_info=task.exception())
