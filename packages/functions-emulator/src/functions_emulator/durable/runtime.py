"""The durable extension as the host sees it: start, stop, its endpoints and its client binding."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.app.settings import DurableSettings
from functions_emulator.durable import payloads
from functions_emulator.durable.client import Client
from functions_emulator.durable.controls import Controls, kept_clock
from functions_emulator.durable.dialect import dialect
from functions_emulator.durable.engine import Engine
from functions_emulator.durable.entities.client import EntityClient
from functions_emulator.durable.fakes import Fakes
from functions_emulator.durable.functions import DurableFunctions, OutputWriter
from functions_emulator.durable.http.activity import HttpActivity
from functions_emulator.durable.http.request import HTTP_ACTIVITY
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.management import Management
from functions_emulator.durable.store import Store
from functions_emulator.pool.caller import Caller

RPC_PATH = "/durabletask"
# DurableTaskOptions.cs: a start may replace an instance that has ended, or any.
OVERRIDABLE_STATES = "overridableExistingInstanceStates"
ANY_STATE = "AnyState"
# For entities in .NET: an operation that raises is undone.
ROLLBACK = "rollbackEntityOperationsOnExceptions"

log = logging.getLogger("functions_emulator.durable")


class DurableRuntime:
    """Run an app's orchestrations on a state file and answer for them over HTTP."""

    def __init__(
        self,
        settings: DurableSettings,
        orchestrators: Mapping[str, FunctionDefinition],
        activities: Mapping[str, FunctionDefinition],
        workers: Caller,
        state: Path,
        write_output: OutputWriter | None = None,
        entities: Mapping[str, FunctionDefinition] | None = None,
        speaks_grpc: bool = False,
    ) -> None:
        self.settings = settings
        self._speaks_grpc = speaks_grpc
        self._store = Store(state)
        self._binding: str | None = None
        self._functions = DurableFunctions(
            orchestrators,
            activities,
            workers,
            lambda: self._binding,
            write_output,
            entities,
            no_input="null" if speaks_grpc else None,
        )
        self._http = HttpActivity()
        self.fakes = Fakes(self._run_activity, self._functions.activities)
        self._engine: Engine | None = None
        self._controls: Controls | None = None
        self._client: Client | None = None
        self._entities: EntityClient | None = None

    async def start(self) -> None:
        """Open the state file and take up what was under way; AppError if it cannot be used."""
        self._store.open()
        clock = kept_clock(self._store)
        self._tell_of_rollback()
        functions = self._functions
        version = self.settings.default_version
        known = KnownFunctions(
            frozenset(functions.activities),
            frozenset(functions.orchestrators),
            frozenset(functions.entities),
            self.settings.http_sleep_milliseconds,
            version,
        )
        spoken = dialect(functions, known, self._speaks_grpc)
        self._engine = Engine(
            self._store,
            clock,
            known,
            spoken.orchestrators,
            self.fakes.run,
            spoken.entities,
            self.settings.max_concurrent_orchestrators,
            self.settings.max_concurrent_activities,
            self.settings.max_entity_operation_batch_size,
            spoken.describe,
        )
        any_state = self.settings.section.text(OVERRIDABLE_STATES, "") == ANY_STATE
        self._client = Client(
            self._store, self._engine, clock, set(functions.orchestrators), any_state, version
        )
        self._entities = EntityClient(self._store, self._engine, clock, known)
        self._controls = Controls(self._store, clock, self._engine, self.fakes)
        self._engine.start()

    async def stop(self) -> None:
        """Finish what is in flight, within about two seconds, and close the state file."""
        try:
            if self._engine is not None:
                await self._engine.stop()
        finally:
            self._store.close()
            await self._http.close()
            await self.fakes.close()

    @property
    def client(self) -> Client:
        """Give the client of the running engine."""
        assert self._client is not None, "the durable runtime is not started"
        return self._client

    @property
    def entities(self) -> EntityClient:
        """Give the client of the running engine's entities."""
        assert self._entities is not None, "the durable runtime is not started"
        return self._entities

    @property
    def controls(self) -> Controls:
        """Give what a test may do to the running engine."""
        assert self._controls is not None, "the durable runtime is not started"
        return self._controls

    async def manage(self, request: web.Request) -> web.StreamResponse:
        """Answer a request to the management API on the host's own port."""
        return await self._management(payloads.BASE_PATH).handle(request)

    def rpc_application(self) -> web.Application:
        """Give the application for the local port that durable clients talk to."""
        application = web.Application(client_max_size=100 * 1024 * 1024)
        handler = self._management(RPC_PATH).handle
        application.router.add_route("*", RPC_PATH + "/{path:.*}", handler)
        return application

    def _management(self, base_path: str) -> Management:
        return Management(self.client, self.entities, self.settings.hub_name, base_path)

    async def _run_activity(
        self, name: str, input_text: str | None, instance_id: str
    ) -> str | None:
        if name == HTTP_ACTIVITY:
            return await self._http.run(input_text)
        return await self._functions.act(name, input_text, instance_id)

    def client_binding(self, base_url: str, rpc_base_url: str) -> str:
        """Give the JSON text that durable clients are made from; the URLs are the host's."""
        settings = self.settings
        if self._speaks_grpc:
            self._binding = payloads.grpc_client_binding(
                base_url, rpc_base_url, settings.hub_name, settings.max_grpc_message_bytes
            )
        else:
            self._binding = payloads.client_binding(base_url, rpc_base_url, settings.hub_name)
        return self._binding

    def _tell_of_rollback(self) -> None:
        names = [name.lower() for name in self.settings.section.values]
        if not self._speaks_grpc and self._functions.entities and ROLLBACK.lower() in names:
            log.warning(
                "host.json: %s.%s has no effect on Python entities, here and on the Azure "
                "Functions host: azure-functions-durable 1.x never undoes what a failed operation "
                "has set (durable-python issue 274)",
                self.settings.section.path,
                ROLLBACK,
            )
