"""A task hub on a state file, whose engine takes no turn, and the management API on it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from functions_emulator.durable import reading, statements
from functions_emulator.durable.client import Client
from functions_emulator.durable.clock import Clock, to_text
from functions_emulator.durable.engine import Engine
from functions_emulator.durable.events import EventType, record
from functions_emulator.durable.instance import Instance, Status
from functions_emulator.durable.management import Management
from functions_emulator.durable.reading import Query
from functions_emulator.durable.store import Store

BASE = "/runtime/webhooks/durabletask"


# The runtime statuses of an instance that has ended.
ENDED = ("Completed", "Failed", "Terminated", "Canceled")


def request_for(method: str, path: str, headers: Mapping[str, str]) -> web.Request:
    """Make a request to the management API, as it comes to the host."""
    return make_mocked_request(method, f"{BASE}{path}", {"Host": "host:7071", **headers})


class Hub:
    """A task hub whose engine takes no turn: what is sent to an instance stays to be seen."""

    def __init__(self, path: Path) -> None:
        self.store, self.clock = Store(path), Clock()
        self.store.open()
        nobody: Any = None
        self.engine = Engine(self.store, self.clock, nobody, nobody, nobody, nobody, 1, 1)
        self.client = self.client_of(any_state=False)
        self.management = Management(self.client, nobody, "Hub", BASE)

    def client_of(self, any_state: bool, default_version: str = "") -> Client:
        known = {"placeorder"}
        return Client(self.store, self.engine, self.clock, known, any_state, default_version)

    def put(self, instance_id: str, status: str = "Running", **more: Any) -> Status:
        """Put an instance into the file, as it stands."""
        then = to_text(self.clock.now())
        fields = {"version": None, "input": '"in"', "output": None, "custom_status": None, **more}
        found = Status(
            instance_id, f"x-{instance_id}", "PlaceOrder", runtime_status=status,
            created=fields.pop("created", then), updated=then, **fields,
        )  # fmt: skip
        self.write(statements.put_status(found))
        return found

    def write(self, *writes: statements.Write) -> None:
        for write in writes:
            self.store.connection.executemany(*write)

    def sent(self) -> list[tuple[str, dict[str, Any]]]:
        """Return what was sent to instances: the id, and what the event says."""
        messages = list(reading.messages(self.store.connection))
        plain = ("EventType", "EventId", "Timestamp")
        return [
            (each.instance_id, {"type": each.event.event["EventType"]}
             | {name: value for name, value in each.event.event.items() if name not in plain})
            for each in messages
        ]  # fmt: skip

    def ids(self) -> list[str]:
        return sorted(reading.ids(self.store.connection, Query()))

    async def answer(self, request: web.Request) -> web.Response:
        """Have the management API answer a request."""
        answer = await self.management.handle(request)
        assert isinstance(answer, web.Response)
        return answer

    async def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/json"
    ) -> tuple[int, Any]:
        """Send a request to the management API; return its status and its JSON."""
        request = request_for(method, path, {"Content-Type": kind})
        request._read_bytes = body
        answer = await self.answer(request)
        text = answer.body if isinstance(answer.body, bytes) else b""
        return answer.status, json.loads(text) if text else None

    def asked(self, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
        return asyncio.run(self.ask(method, path, body))


def do(work: Callable[[], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        return await work()

    return asyncio.run(main())


def history(hub: Hub, status: Status, *events: dict[str, Any]) -> None:
    found = Instance(status, [record(event) for event in events])
    hub.write(*statements.replace_history(found))


def kinds(hub: Hub, instance_id: str) -> list[str]:
    events = reading.history(hub.store.connection, instance_id)
    return [EventType(each.event["EventType"]).name for each in events]
