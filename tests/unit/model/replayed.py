"""Storage, payment provider and host as a program meets them: each request is asked of a replay."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ordering.payments.gateway import Charge, Opened
from ordering.storage.tables import Changed, Row
from ordering.storage.transactions import Delete, Insert, Merge, Operation
from tests.integration.clients.conftest import DurableOrchestrationStatus
from tests.unit.model.asking import Replay, freeze, thaw


class ReplayedTable:
    """Stands in for ordering.storage.tables.Table."""

    def __init__(self, replay: Replay, name: str) -> None:
        self._replay = replay
        self.name = name

    def get(self, partition: str, row: str) -> Row | None:
        found = self._replay.ask("get", self.name, (partition, row)).rows
        return thaw(found[0]) if found else None

    def get_many(self, partition: str, keys: Sequence[str]) -> dict[str, Row]:
        found = {key: self.get(partition, key) for key in dict.fromkeys(keys)}
        return {key: row for key, row in found.items() if row is not None}

    def pages(
        self, query_filter: str, *, size: int = 1000, only: Sequence[str] | None = None
    ) -> Iterator[list[Row]]:
        yield [thaw(seen) for seen in self._replay.ask("query", self.name, query_filter).rows]

    def insert(self, row: Mapping[str, Any]) -> str | None:
        try:
            return self.transact([Insert(row)])[0]
        except Changed as changed:
            if not changed.exists:
                raise
            return None

    def merge(
        self, partition: str, row: str, changes: Mapping[str, Any], *, etag: str | None = None
    ) -> bool:
        try:
            self.transact([Merge({"PartitionKey": partition, "RowKey": row, **changes}, etag)])
        except Changed as changed:
            if changed.missing:
                return False
            raise
        return True

    def delete(self, partition: str, row: str) -> None:
        try:
            self.transact([Delete({"PartitionKey": partition, "RowKey": row})])
        except Changed as changed:
            if not changed.missing:
                raise

    def transact(self, operations: Sequence[Operation]) -> list[str | None]:
        frozen = tuple(
            (type(each).__name__, freeze(each.row), getattr(each, "etag", None))
            for each in operations
        )
        answer = self._replay.ask("transact", self.name, frozen, writes=True)
        if answer.value is not None:
            raise Changed(*answer.value)
        written = {seen.key: "now" if seen.current else "stale" for seen in answer.rows}
        return [
            written.get((str(each.row["PartitionKey"]), str(each.row["RowKey"])))
            for each in operations
        ]


class ReplayedQueue:
    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    def send(self, texts: Sequence[str]) -> None:
        for text in texts:
            message = json.loads(text)
            named = (message["instanceID"], message["EventName"])
            self._replay.ask("send", "", named, writes=True)


class ReplayedGateway:
    """Two steps, as Stripe: what is opened takes no money before it is taken."""

    opens_for_free = False

    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    def open(self, charge: Charge) -> Opened:
        return Opened(str(self._replay.ask("open", "", charge.order_id, writes=True).value))

    def take(self, order_id: str, reference: str) -> None:
        self._replay.ask("take", "", (order_id, reference), writes=True)

    def give_back(self, order_id: str, reference: str, amount: int) -> int:
        answer = self._replay.ask("give back", "", (order_id, reference), writes=True)
        return amount if answer.value else 0


class ReplayedClient:
    """Stands in for the durable client, as far as the sweep asks it."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    async def get_orchestration_state(self, instance_id: str, *, fetch_payloads: bool) -> Any:
        return (await self.get_status(instance_id)).orchestration_state

    async def get_status(self, instance_id: str) -> Any:
        status, stage = self._replay.ask("status", "", instance_id).value
        return DurableOrchestrationStatus.from_json(
            {
                "name": "PlaceOrder",
                "instanceId": instance_id,
                "createdTime": "2026-11-22T12:00:00Z",
                "lastUpdatedTime": "2026-11-22T12:00:00Z",
                "runtimeStatus": status,
                "customStatus": {"stage": stage},
            }
        )

    def create_http_management_payload(self, instance_id: str) -> dict[str, str]:
        return {"statusQueryGetUri": "http://localhost/?taskHub=Hub"}
