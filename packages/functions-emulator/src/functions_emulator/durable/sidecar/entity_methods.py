"""The methods for entities.

Source: durable-extension TaskHubGrpcServer.cs, and durabletask EntityTrackingStoreQueries.cs.
"""

from __future__ import annotations

import uuid

from durabletask.internal import orchestrator_service_pb2 as pb
from grpc import StatusCode

from functions_emulator.durable.continuation import behind, token
from functions_emulator.durable.entities.client import EntityClient
from functions_emulator.durable.entities.ids import EntityId, is_entity
from functions_emulator.durable.entities.messages import Request
from functions_emulator.durable.entities.state import EntityState
from functions_emulator.durable.errors import BadArgument
from functions_emulator.durable.instance import Status
from functions_emulator.durable.protobuf.values import moment, string, text
from functions_emulator.durable.reading import Query
from functions_emulator.durable.sidecar.service import Refused, Unary
from functions_emulator.durable.sidecar.states import entity_metadata

_PAGE_SIZE = 100


class EntityMethods:
    """Signal, read, list and tidy up entities."""

    def __init__(self, client: EntityClient) -> None:
        self._client = client

    def unary(self) -> dict[str, Unary]:
        """Give the methods, by their names."""
        return {
            "SignalEntity": self._signal,
            "GetEntity": self._get,
            "QueryEntities": self._query,
            "CleanEntityStorage": self._clean,
        }

    async def _signal(self, request: pb.SignalEntityRequest) -> pb.SignalEntityResponse:
        due = moment(request, "scheduledTime")
        id_ = request.requestId or str(uuid.uuid4())
        wanted = Request(request.name, id_, text(request, "input"), is_signal=True, due=due)
        await self._client.send(_entity(request.instanceId), wanted)
        return pb.SignalEntityResponse()

    async def _get(self, request: pb.GetEntityRequest) -> pb.GetEntityResponse:
        found = self._client.find(_entity(request.instanceId))
        if found is None or EntityState.of(found).state is None:
            return pb.GetEntityResponse(exists=False)
        return pb.GetEntityResponse(
            exists=True, entity=entity_metadata(found, request.includeState)
        )

    async def _query(self, request: pb.QueryEntitiesRequest) -> pb.QueryEntitiesResponse:
        query = request.query
        try:
            after = behind(text(query, "continuationToken") or "")
        except BadArgument as error:
            raise Refused(StatusCode.INVALID_ARGUMENT, str(error)) from error
        wanted = Query(
            created_from=moment(query, "lastModifiedFrom"),
            created_to=moment(query, "lastModifiedTo"),
            prefix=_prefix(text(query, "instanceIdStartsWith")),
        )
        size = query.pageSize.value if query.pageSize.value > 0 else _PAGE_SIZE
        keep = _is_any if query.includeTransient else _has_state
        found, next_id = self._client.select(wanted, after, size, keep)
        return pb.QueryEntitiesResponse(
            entities=[entity_metadata(each, query.includeState) for each in found],
            continuationToken=string(token(next_id) or None),
        )

    async def _clean(self, request: pb.CleanEntityStorageRequest) -> pb.CleanEntityStorageResponse:
        released = (
            await self._client.release_orphaned_locks() if request.releaseOrphanedLocks else 0
        )
        removed = await self._client.remove_empty() if request.removeEmptyEntities else 0
        return pb.CleanEntityStorageResponse(
            emptyEntitiesRemoved=removed, orphanedLocksReleased=released
        )


def _entity(instance_id: str) -> EntityId:
    if not is_entity(instance_id) or "@" not in instance_id[1:]:
        raise Refused(
            StatusCode.INVALID_ARGUMENT, f"'{instance_id}' is no entity: an id is like @name@key."
        )
    return EntityId.parse(instance_id)


def _prefix(given: str | None) -> str:
    """Write what ids start with; names are kept in lower case, keys as they are."""
    name, at, key = (given or "@").removeprefix("@").partition("@")
    return f"@{name.lower()}{at}{key}"


def _is_any(status: Status) -> bool:
    return True


def _has_state(status: Status) -> bool:
    return EntityState.of(status).state is not None
