"""What an app asks of storage, counted by kind, on its way to Azurite."""

from __future__ import annotations

import re
from collections import Counter
from threading import Lock
from urllib.parse import unquote

from aiohttp import web

from tools.proxy import Proxy

_ENDPOINT = re.compile(r"(\w+)Endpoint=http://127\.0\.0\.1:(\d+)/")
# The first operation inside a batch, which names the table of all: `PATCH http://.../inventory(`.
_IN_BATCH = re.compile(rb"https?://[^/\s]+/[^/\s]+/(\w+)")


class CountingProxy(Proxy):
    """A Proxy that counts every answered request, by kind, and the connections they came over.

    `storage` is a connection string of Azurite, `connection` the one that leads through here. An
    answer is counted before it goes out: who has got it finds it in the counts. Polls that find
    an event queue empty are the price of waiting, not of an order: they are in `idle_polls` only.
    """

    def __init__(self, storage: str) -> None:
        self._services = {int(port): name.lower() for name, port in _ENDPOINT.findall(storage)}
        super().__init__(list(self._services))
        self._storage = storage
        self._counts: Counter[str] = Counter()
        self._idle_polls = 0
        self._clients: set[tuple[str, object]] = set()
        self._lock = Lock()

    @property
    def connection(self) -> str:
        return self.through(self._storage)

    @property
    def counts(self) -> Counter[str]:
        """The requests so far, such as `{"table POST $batch inventory": 2}`; a copy."""
        with self._lock:
            return Counter(self._counts)

    @property
    def idle_polls(self) -> int:
        """How many requests for messages got none."""
        with self._lock:
            return self._idle_polls

    @property
    def connections(self) -> Counter[str]:
        """How many connections have carried requests so far, by service."""
        with self._lock:
            return Counter(service for service, _ in self._clients)

    async def answer(self, target: int, request: web.Request, body: bytes) -> web.Response | None:
        """Return Azurite's answer, counted."""
        answer = await super().answer(target, request, body)
        if answer is not None:
            self._count(self._services[target], request, body, answer)
        return answer

    def _count(self, service: str, request: web.Request, body: bytes, answer: web.Response) -> None:
        name = kind(service, request.method, request.raw_path, body)
        with self._lock:
            self._clients.add((service, request.get_extra_info("peername")))
            if is_idle_poll(name, answer):
                self._idle_polls += 1
            else:
                self._counts[name] += 1


def kind(service: str, method: str, path: str, body: bytes = b"") -> str:
    """Name what a request asks for, without keys, ids and filters.

    `path` as Azurite gets it, account first. One row of a table is `(row)`, a search `(query)`.
    """
    _, _, resource = path.partition("?")[0].strip("/").partition("/")
    resource = unquote(resource)
    if service == "table":
        resource = _table(method, resource, body)
    elif service == "queue":
        resource = "/".join(resource.split("/")[:2])  # queue/messages/id
    else:
        resource = resource.partition("/")[0]  # container/blob
    return f"{service} {method} {resource}".strip()


def _table(method: str, resource: str, body: bytes) -> str:
    if resource == "$batch":
        found = _IN_BATCH.search(body)
        return f"$batch {found[1].decode()}" if found else resource
    name, _, key = resource.partition("(")
    if method != "GET" or name == "Tables":
        return name
    return f"{name} (row)" if key.strip(")") else f"{name} (query)"


def is_idle_poll(name: str, answer: web.Response) -> bool:
    if not (name.startswith("queue GET ") and name.endswith("/messages")):
        return False
    body = answer.body if isinstance(answer.body, bytes) else b""
    # 404: a queue that nobody has made yet is an empty one.
    return answer.status in (200, 404) and b"<QueueMessage>" not in body
