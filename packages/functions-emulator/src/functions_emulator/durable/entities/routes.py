"""The management API of entities.

Source: durable-extension HttpApiHandler.cs, the handlers behind EntityRoute.
"""

from __future__ import annotations

import json

from aiohttp import web

from functions_emulator.durable import answers, query_string
from functions_emulator.durable.continuation import CONTINUATION_TOKEN, page_size, position, token
from functions_emulator.durable.entities.client import EntityClient, prefix_of
from functions_emulator.durable.entities.ids import EntityId
from functions_emulator.durable.errors import BadArgument, to_json_text
from functions_emulator.durable.reading import Query

# In a path that is read, it stands for the empty key.
_EMPTY_KEY = "$"


class EntityRoutes:
    """Answer requests to `/entities/{name}/{key}`; both parts may be missing."""

    def __init__(self, client: EntityClient) -> None:
        self._client = client

    async def handle(self, request: web.Request, name: str, key: str) -> web.StreamResponse:
        """Read or list with GET, signal with POST, signal `delete` with DELETE."""
        try:
            if request.method == "GET":
                return self._read(name, key) if key else self._list(request, name)
            if request.method in ("POST", "DELETE"):
                return await self._signal(request, name, key)
        except BadArgument as error:
            return answers.error(400, str(error))
        return answers.empty(404)

    def _read(self, name: str, key: str) -> web.StreamResponse:
        state = self._client.read(EntityId.of(name, "" if key == _EMPTY_KEY else key))
        return answers.empty(404) if state is None else answers.json_text(200, state)

    def _list(self, request: web.Request, name: str) -> web.StreamResponse:
        query = Query(
            created_from=query_string.moment(request, "lastOperationTimeFrom"),
            created_to=query_string.moment(request, "lastOperationTimeTo"),
            prefix=prefix_of(name),
        )
        with_state = query_string.flag(request, "fetchState")
        found, next_id = self._client.page(query, position(request), page_size(request), with_state)
        return answers.json_body(200, found, {CONTINUATION_TOKEN: token(next_id)})

    async def _signal(self, request: web.Request, name: str, key: str) -> web.StreamResponse:
        if not name:
            raise BadArgument("Invalid entity id: entity name must not be a null or empty string.")
        operation = query_string.text(request, "op") or ""
        if request.method == "DELETE":
            operation = "delete"
        await self._client.signal(EntityId.of(name, key), operation, await _input_text(request))
        return answers.empty(202)


async def _input_text(request: web.Request) -> str | None:
    body = await request.read()
    if not body:
        return None
    if request.content_type.lower() != "application/json":
        return json.dumps(body.decode("utf-8-sig", errors="replace"))
    try:
        return to_json_text(body)
    except BadArgument as error:
        raise BadArgument(f"Could not parse JSON content: {error}") from error
