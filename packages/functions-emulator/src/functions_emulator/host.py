"""The host: one app's triggers, worker and durable runtime, put together."""

import asyncio
import logging
import socket

from aiohttp import web
from azure.functions.meta import Datum

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.durable_host import DurableHost
from functions_emulator.listening import listen, port_of
from functions_emulator.prepared import Options, PreparedApp
from functions_emulator.triggers.admin import Admin
from functions_emulator.triggers.emulator_admin import EmulatorAdmin
from functions_emulator.triggers.http import MAX_BODY_BYTES, HttpTrigger
from functions_emulator.triggers.queue import QueueListener
from functions_emulator.triggers.queue_output import QueueOutput
from functions_emulator.triggers.queue_storage import QueueStorage
from functions_emulator.triggers.timer import TimerTrigger, schedule_zone
from functions_emulator.worker.invocation import Invoker
from functions_emulator.worker.worker import Worker, thread_count

GRACE_SECONDS = 0.9
_log = logging.getLogger("functions_emulator.host")


class Host:
    """Runs a prepared app: `start`, then `stop`. One use only."""

    def __init__(self, app: PreparedApp, options: Options) -> None:
        self._app = app
        self._options = options
        self._worker = Worker(thread_count(app.settings.values))
        self._storage = QueueStorage(app.settings.queues.message_encoding)
        self._output = QueueOutput(self._storage, app.queue_of)
        self._invoker = Invoker(self._worker, self._output.write)
        self._durable: DurableHost | None = None
        self._runners: list[web.AppRunner] = []
        self._sites: list[web.SockSite] = []
        self._listeners: list[QueueListener] = []
        self._polling: list[asyncio.Task[None]] = []
        self._timers = self._make_timers()
        self.port = options.port
        self._admin = Admin(
            host_id=f"{socket.gethostname().lower()}-emulator",
            functions={function.name: function for function in app.functions},
            url_of=self.url_of,
            run_function=self._run_by_hand,
        )
        self._emulator_admin = EmulatorAdmin(self._at_work, self._queued)

    @property
    def base_url(self) -> str:
        everywhere = self._options.address in ("127.0.0.1", "0.0.0.0", "::", "::1")
        return f"http://{'localhost' if everywhere else self._options.address}:{self.port}"

    def url_of(self, function: FunctionDefinition) -> str | None:
        """Return the URL of an HTTP function, None for others."""
        for route in self._app.router.routes:
            if route.function is function:
                return f"{self.base_url}/{route.template.text}"
        return None

    async def start(self) -> None:
        """Take the ports, take up the orchestrations, answer HTTP, then start the triggers.

        Raises AppError if a port is in use or the state file cannot be used.
        """
        listening = listen(self._options.address, self._options.port)
        self.port = port_of(listening)
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        self._worker.start()
        try:
            if self._app.uses_durable:
                await self._start_durable(application)
        except BaseException:
            listening.close()
            self._worker.stop()
            raise
        application.add_routes(self._admin.routes())
        application.add_routes(self._emulator_admin.routes())
        http = HttpTrigger(self._app.router, self._invoker, self._app.settings.http.custom_headers)
        application.router.add_route("*", "/{path:.*}", http.handle)
        await self._serve(application, listening)

    def start_triggers(self) -> None:
        """Start polling queues and waiting for timers: the host is running."""
        for binding in self._app.queues:
            settings = self._app.settings.queues
            listener = QueueListener(
                binding, self._storage, settings, self._invoker, self._app.invisibility
            )
            self._listeners.append(listener)
            self._polling.append(asyncio.create_task(listener.run()))
        for timer in self._timers.values():
            self._polling.append(asyncio.create_task(timer.run()))
        for task in self._polling:
            task.add_done_callback(_report_end)
        self._admin.state = "Running"

    async def stop(self) -> None:
        """Take nothing new, finish what is in flight, at most about two seconds."""
        self._admin.state = "Stopping"
        for listener in self._listeners:
            listener.stop()
        for site in self._sites:
            await site.stop()
        await asyncio.gather(
            self._invoker.wait_idle(GRACE_SECONDS),
            *(listener.drain(GRACE_SECONDS) for listener in self._listeners),
        )
        if self._invoker.running:
            names = sorted(self._invoker.running.values())
            count = "1 function" if len(names) == 1 else f"{len(names)} functions"
            _log.warning("%s did not end in time: %s.", count, ", ".join(names))
        for task in self._polling:
            task.cancel()
        await asyncio.gather(*self._polling, return_exceptions=True)
        if self._durable is not None:
            await self._durable.stop(GRACE_SECONDS)
        for runner in self._runners:
            await runner.cleanup()
        await self._storage.close()
        self._worker.stop()

    def _make_timers(self) -> dict[str, TimerTrigger]:
        settings = self._app.settings
        timers = {}
        for function in self._app.with_trigger("timerTrigger"):
            where = f"function {function.name}, schedule"
            schedule = settings.resolve(str(function.trigger.properties.get("schedule")), where)
            zone = schedule_zone(settings.values)
            timers[function.name] = TimerTrigger.of(function, schedule, self._invoker, zone)
        return timers

    async def _start_durable(self, application: web.Application) -> None:
        durable = DurableHost(
            self._app, self._options, self.base_url, self._worker, self._output.write
        )
        self._invoker.client_binding = lambda: durable.binding
        clients = await durable.start()
        self._durable = durable
        self._admin.advance_clock = durable.runtime.advance_clock
        self._emulator_admin.durable = durable.runtime
        application.add_routes(durable.runtime.management_routes())
        await self._serve(clients, durable.listening)

    async def _serve(self, application: web.Application, listening: socket.socket) -> None:
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.SockSite(runner, listening)
        await site.start()
        self._runners.append(runner)
        self._sites.append(site)

    def _at_work(self) -> list[str]:
        return [*self._invoker.running.values(), *self._admin.started_by_hand]

    async def _queued(self) -> list[str]:
        return [each.queue_name for each in self._listeners if await each.has_messages()]

    async def _run_by_hand(self, function: FunctionDefinition, text: str) -> None:
        timer = self._timers.get(function.name)
        if timer is not None:
            await timer.fire()
            return
        reason = "This function was programmatically called via the host APIs."
        metadata = {"Id": Datum("", "string"), "DequeueCount": Datum(0, "int")}
        await self._invoker.invoke(function, Datum(text, "string"), metadata, reason)


def _report_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.error("A trigger has stopped; restart the emulator.", exc_info=task.exception())
