"""What an order asks of storage: the very requests, recorded between app and Azurite."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from aiohttp import web

from benchmarks.orders.customers import Customers, run_customers
from benchmarks.orders.stand import SHELF, open_stand, ports, stock
from tools.counting import is_idle_poll, kind
from tools.proxy import Proxy

_KEPT = ("content-type", "accept", "prefer", "dataserviceversion", "maxdataserviceversion")
_CONDITION = re.compile(rb"(?i)(if-match: )[^\r\n]+")
# Of the same SKU, which the app has seen by the second one.
RECORDED = (0, SHELF)


@dataclass(frozen=True)
class Request:
    """A request as it can be made again for another order; the path begins with the account."""

    service: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    of: str

    @property
    def kind(self) -> str:
        """What is asked for, such as `table POST payments`."""
        return kind(self.service, self.method, self.path, self.body)

    def for_order(self, order_id: str) -> Request:
        """Return the same request for another order, whose id is as long."""
        path = self.path.replace(self.of, order_id)
        body = self.body.replace(self.of.encode(), order_id.encode())
        return Request(self.service, self.method, path, self.headers, body, order_id)


class Recorder(Proxy):
    """A Proxy that keeps the requests that pass, but for polls that find the queue empty."""

    def __init__(self, storage: str) -> None:
        self._services = {port: name for name, port in ports(storage).items()}
        super().__init__(list(self._services))
        self.requests: list[Request] = []
        self.order_id = ""

    async def answer(self, target: int, request: web.Request, body: bytes) -> web.Response | None:
        """Return Azurite's answer, and keep the request."""
        answer = await super().answer(target, request, body)
        headers = {name: request.headers[name] for name in _KEPT if name in request.headers}
        if "If-Match" in request.headers:
            headers["If-Match"] = "*"
        kept = Request(
            self._services[target],
            request.method,
            request.raw_path,
            headers,
            # A row that is changed is another one each time.
            _CONDITION.sub(rb"\1*", body),
            self.order_id,
        )
        if answer is not None and not is_idle_poll(kept.kind, answer):
            self.requests.append(kept)
        return answer


def record() -> dict[str, list[Request]]:
    """Return the requests of one order of each kind, once the app is warm."""
    # One host alone: two would take each other's events.
    with open_stand(host=False) as storage, Recorder(storage.connection) as recorder:
        connection = recorder.through(storage.connection)
        with open_stand(connection) as app:
            found = {}
            for kind_of_order, run in (("in stock", "ris"), ("paused", "rpa")):

                async def serve(customers: Customers, kind: str = kind_of_order) -> None:
                    for number in RECORDED:
                        recorder.order_id = customers.order_id(number)
                        recorder.requests.clear()
                        await customers.serve_one(kind, number)

                stock(storage.connection, [f"short-{run}-{n:05d}" for n in RECORDED], 0)
                run_customers(app.base_url, connection, run, serve)
                found[kind_of_order] = list(recorder.requests)
    return found


def counts(requests: list[Request]) -> Counter[str]:
    """Count requests by kind."""
    return Counter(request.kind for request in requests)
