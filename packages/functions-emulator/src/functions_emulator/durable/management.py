"""The management API, with one face for people (webhooks) and one for the client (local RPC).

Source: durable-extension HttpApiHandler.cs, HandleRequestAsync and the handlers it calls.
"""

from __future__ import annotations

import logging

from aiohttp import web

from functions_emulator.durable import answers, query_string
from functions_emulator.durable.client import Client
from functions_emulator.durable.continuation import CONTINUATION_TOKEN, page_size, position, token
from functions_emulator.durable.entities.client import EntityClient
from functions_emulator.durable.entities.ids import is_entity
from functions_emulator.durable.entities.routes import EntityRoutes
from functions_emulator.durable.errors import BadArgument, Conflict, NotAllowed, to_json_text
from functions_emulator.durable.operations import OPERATIONS, operate

log = logging.getLogger("functions_emulator.durable")


class Management:
    """Answer management requests; `base_path` is what precedes `/instances` in a URL."""

    def __init__(
        self, client: Client, entities: EntityClient, hub_name: str, base_path: str
    ) -> None:
        self._client = client
        self._entities = EntityRoutes(entities)
        self._hub_name = hub_name
        self._base_path = base_path

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, whatever it is."""
        try:
            return await self._route(request)
        except BadArgument as error:
            return answers.error(
                400, "One or more of the arguments submitted is incorrect", str(error)
            )
        except Conflict as error:
            return answers.error(409, str(error), str(error))
        except NotAllowed as error:
            return answers.error(
                500, "Something went wrong while processing your request", str(error)
            )

    async def _route(self, request: web.Request) -> web.StreamResponse:
        # The extension matches on the path as it was sent: %2F stays %2F (durable-python PR#435).
        path = request.rel_url.raw_path[len(self._base_path) :].strip("/")
        parts = path.split("/")
        kind = parts[0].lower()
        if kind == "orchestrators" and len(parts) in (2, 3) and request.method == "POST":
            return await self._start(request, parts[1], parts[2] if len(parts) == 3 else None)
        if kind == "instances":
            if len(parts) == 1:
                return await self._many(request)
            if len(parts) == 2:
                return await self._one(request, parts[1])
            if len(parts) == 3 and request.method == "POST":
                return await self._operate(request, parts[1], parts[2].lower())
            if len(parts) == 4 and request.method == "POST" and parts[2].lower() == "raiseevent":
                return await self._raise_event(request, parts[1], parts[3])
        if kind == "entities" and len(parts) <= 3:
            name, key = (*parts[1:], "", "")[:2]
            return await self._entities.handle(request, name, key)
        return answers.empty(404)

    async def _start(
        self, request: web.Request, name: str, instance_id: str | None
    ) -> web.StreamResponse:
        body = await request.read()
        try:
            input_text = to_json_text(body) if body else None
        except BadArgument as error:
            return answers.error(400, "Invalid JSON content", str(error))
        version = query_string.text(request, "version")
        started = await self._client.start(name, instance_id, input_text, version)
        return await answers.started(request, self._client, started, self._hub_name)

    async def _many(self, request: web.Request) -> web.StreamResponse:
        query = query_string.instances(request)
        if request.method == "GET":
            found, next_id = self._client.page(query, position(request), page_size(request))
            show_input = query_string.flag(request, "showInput", default=True)
            return answers.statuses(found, show_input, {CONTINUATION_TOKEN: token(next_id)})
        if request.method != "DELETE":
            return answers.empty(404)
        if query.created_from is None:
            return answers.json_body(400, "Please provide value for 'createdTimeFrom' parameter.")
        return answers.purged(await self._client.purge_many(query))

    async def _one(self, request: web.Request, instance_id: str) -> web.StreamResponse:
        if request.method == "GET":
            return answers.status(request, self._client, instance_id)
        if request.method == "DELETE":
            return answers.purged(await self._client.purge(instance_id))
        return answers.empty(404)

    async def _operate(
        self, request: web.Request, instance_id: str, operation: str
    ) -> web.StreamResponse:
        _refuse_entity(instance_id, operation)
        if operation == "restart":
            with_new_id = query_string.flag(request, "restartWithNewInstanceId", default=True)
            restarted = await self._client.restart(instance_id, with_new_id)
            return await answers.started(request, self._client, restarted, self._hub_name)
        if operation not in OPERATIONS:
            return answers.empty(404)
        found = self._client.get(instance_id)
        if found is None:
            return answers.empty(404)
        reason = query_string.text(request, "reason")
        return await operate(self._client, operation, found, reason)

    async def _raise_event(
        self, request: web.Request, instance_id: str, name: str
    ) -> web.StreamResponse:
        _refuse_entity(instance_id, "raiseEvent")
        found = self._client.get(instance_id)
        if found is None:
            return answers.empty(404)
        if found.ended:
            return answers.empty(410)
        if request.content_type.lower() != "application/json":
            return answers.error(400, "Only application/json request content is supported")
        try:
            input_text = to_json_text(await request.read())
        except BadArgument as error:
            return answers.error(400, "Invalid JSON content", str(error))
        await self._client.raise_event(instance_id, name, input_text)
        return answers.empty(202)


def _refuse_entity(instance_id: str, operation: str) -> None:
    # On the extension these stop an entity for ever or confuse it (durable-extension#1418).
    if is_entity(instance_id):
        raise BadArgument(
            f"{instance_id} is an entity, and the emulator does not support {operation} for "
            "entities: send it an operation (POST entities/{name}/{key}?op=...)"
        )
