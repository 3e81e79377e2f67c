"""The host: it answers on its port whatever becomes of the app, and loads the app anew."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

from aiohttp import web

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.app.local_host import CorsSettings
from functions_emulator.app.settings import HostSettings
from functions_emulator.app.settings_files import load_settings
from functions_emulator.banner import function_list
from functions_emulator.console import print_error
from functions_emulator.errors import AppError
from functions_emulator.listening import listen, port_of
from functions_emulator.pool.pool import Pool
from functions_emulator.pool.settings import worker_count, worker_settings
from functions_emulator.prepared import Options, PreparedApp, prepare
from functions_emulator.running_app import RunningApp
from functions_emulator.triggers.admin import Admin
from functions_emulator.triggers.cors import cors_middleware
from functions_emulator.triggers.crash import crash_routes
from functions_emulator.triggers.emulator_admin import EmulatorAdmin
from functions_emulator.triggers.http import MAX_BODY_BYTES
from functions_emulator.watching import snapshot, told, wait_for_change

GRACE_SECONDS = 0.9
# A reload is in no such hurry as whoever pressed Ctrl-C.
RELOAD_GRACE_SECONDS = 3.0
# ScriptConstants.HostTimeoutSeconds: how long a request waits for a host that starts.
PATIENCE = 30.0
MANAGEMENT = "/runtime/webhooks/durabletask/{path:.*}"
_log = logging.getLogger("functions_emulator.host")


class Host:
    """Runs the app of a folder: `start`, then `run` until `stop`. One use only.

    The app itself is never imported here: a crash of it, or a mistake in it, is not the host's.
    `on_settings` gets the settings before each load of the app.
    """

    def __init__(self, options: Options, on_settings: Callable[[HostSettings], None]) -> None:
        self._options = options
        self._on_settings = on_settings
        self._running: RunningApp | None = None
        self._loading: Pool | None = None
        self._settled = asyncio.Event()
        self._cors = CorsSettings()
        self._runner: web.AppRunner | None = None
        self._site: web.SockSite | None = None
        self.port = options.port
        self._admin = Admin(
            host_id=f"{socket.gethostname().lower()}-emulator",
            functions={},
            url_of=self._url_of,
            run_function=self._run_by_hand,
        )
        self._emulator_admin = EmulatorAdmin(self._at_work, self._queued)

    @property
    def base_url(self) -> str:
        everywhere = self._options.address in ("127.0.0.1", "0.0.0.0", "::", "::1")
        return f"http://{'localhost' if everywhere else self._options.address}:{self.port}"

    async def start(self) -> None:
        """Take the port and answer on it; AppError if it is in use."""
        listening = listen(self._options.address, self._options.port)
        self.port = port_of(listening)
        application = web.Application(
            client_max_size=MAX_BODY_BYTES, middlewares=[cors_middleware(lambda: self._cors)]
        )
        application.add_routes(self._admin.routes())
        application.add_routes([*self._emulator_admin.routes(), *crash_routes()])
        application.router.add_route("*", MANAGEMENT, self._manage)
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        self._site = web.SockSite(self._runner, listening)
        await self._site.start()

    async def run(self) -> None:
        """Load the app and serve it; load it anew whenever its files change.

        An app that cannot be loaded is shown and waits for the next change. Raises AppError for
        what no change of it could help, and for any mistake when the files are not watched.
        """
        root = self._options.app_root
        first = True
        while True:
            before = await asyncio.to_thread(snapshot, root)
            try:
                running = await self._load()
            except AppError as error:
                if not self._options.reload or (first and not (root / "host.json").is_file()):
                    raise
                self._show(error)
            else:
                await self._begin(running, first)
            first = False
            if not self._options.reload:
                return
            changed = await wait_for_change(root, before)
            _log.info("%s changed: the app is loaded anew.", told(changed, root))
            await self._unload(RELOAD_GRACE_SECONDS)

    async def stop(self) -> None:
        """Take nothing new, finish what is in flight, at most about two seconds."""
        if self._site is not None:
            await self._site.stop()
        await self._unload(GRACE_SECONDS, "Stopping")
        if self._runner is not None:
            await self._runner.cleanup()

    async def _load(self) -> RunningApp:
        settings = load_settings(self._options.app_root)
        self._on_settings(settings)
        self._cors = settings.cors
        self._admin.has_home = not settings.flag("AzureWebJobsDisableHomepage")
        count = worker_count(settings.values)
        pool = Pool(worker_settings(settings, self.port), count, settings.function_timeout)
        self._loading = pool
        loaded = await pool.start()
        try:
            app = prepare(settings, loaded, self._options.strict)
            return RunningApp(app, pool, self._options.state_file, self.base_url, self._admin.home)
        except BaseException:
            await pool.stop()
            raise

    async def _begin(self, running: RunningApp, first: bool) -> None:
        try:
            await running.start()
        except AppError as error:
            await running.stop(0)
            if first:
                raise
            self._show(error)
            return
        self._running, self._loading = running, None
        self._admin.functions = {function.name: function for function in running.app.functions}
        if running.durable is not None:
            self._admin.advance_clock = running.durable.runtime.controls.advance_clock
            self._emulator_admin.durable = running.durable.runtime
        self._announce(running.app)
        running.start_triggers()
        self._settle("Running")
        _log.info("Host started on %s. Ctrl-C ends it, a second Ctrl-C at once.", self.base_url)

    def _announce(self, app: PreparedApp) -> None:
        """Say what runs, what does not run here, and what is asked for in vain."""
        print(function_list(app.functions, self._url_of), flush=True)
        for name in app.disabled:
            print(f"Function {name} is disabled.", flush=True)
        for line in app.warnings:
            _log.warning("%s", line)
        for line in app.notices:
            _log.info("%s", line)

    async def _unload(self, seconds: float, state: str = "Starting") -> None:
        self._settled.clear()
        self._admin.state = state
        self._admin.errors = []
        self._admin.functions = {}
        self._admin.advance_clock = None
        self._emulator_admin.durable = None
        running, self._running = self._running, None
        if running is not None:
            await running.stop(seconds)
        elif self._loading is not None:
            await self._loading.stop()

    def _show(self, error: AppError) -> None:
        print_error(str(error), error.details)
        _log.warning("The app is not running. It is loaded anew when one of its files changes.")
        self._admin.errors = [str(error)]
        self._settle("Error")

    def _settle(self, state: str) -> None:
        self._admin.state = state
        self._settled.set()

    def _url_of(self, function: FunctionDefinition) -> str | None:
        return None if self._running is None else self._running.url_of(function)

    def _at_work(self) -> list[str]:
        running = [] if self._running is None else self._running.functions_at_work()
        return [*running, *self._admin.started_by_hand]

    async def _queued(self) -> list[str]:
        return [] if self._running is None else await self._running.queues_with_messages()

    async def _run_by_hand(self, function: FunctionDefinition, text: str) -> None:
        running = await self._app()
        if running is not None:
            await running.run_by_hand(function, text)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        running = await self._app()
        return _not_running() if running is None else await running.handle(request)

    async def _manage(self, request: web.Request) -> web.StreamResponse:
        running = await self._app()
        return _not_running() if running is None else await running.manage(request)

    async def _app(self) -> RunningApp | None:
        """Return the app; wait for one that is being loaded (HostAvailabilityCheckMiddleware)."""
        if not self._settled.is_set():
            try:
                await asyncio.wait_for(self._settled.wait(), PATIENCE)
            except asyncio.TimeoutError:
                return None
        return self._running


def _not_running() -> web.Response:
    return web.Response(status=503, text="Function host is not running.")
