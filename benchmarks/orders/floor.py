"""Azurite's own rate: the recorded requests of orders, made again by nothing but a socket."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

import aiohttp
from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import AccountSasPermissions, ResourceTypes, generate_account_sas
from azure.storage.queue import AccountSasPermissions as QueuePermissions
from azure.storage.queue import ResourceTypes as QueueResources
from azure.storage.queue import generate_account_sas as generate_queue_sas
from yarl import URL

from benchmarks.orders.recording import Request
from benchmarks.orders.stand import ports
from tools.azurite import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from tools.event_queue import QUEUE

_MESSAGE = re.compile(
    rb"<MessageId>([^<]+)</MessageId>.*?<PopReceipt>([^<]+)</PopReceipt>", re.DOTALL
)
RECEIVE = f"queue GET {QUEUE}/messages"
DELETE = f"queue DELETE {QUEUE}/messages"
_REFUSED = re.compile(rb"HTTP/1.1 [45]\d\d")


class Floor:
    """Makes the requests of many orders, so many orders at once, one request of each at a time."""

    def __init__(self, http: aiohttp.ClientSession, storage: str, of_order: Sequence[Request]):
        self._http = http
        self._ports = ports(storage)
        self._signatures = {"table": _table_signature(), "queue": _queue_signature()}
        self._of_order = of_order
        self._received: list[tuple[bytes, bytes]] = []

    async def serve(self, order_ids: Sequence[str], in_flight: int) -> float:
        """Make every order's requests; return the seconds that all took."""
        waiting = iter(order_ids)

        async def customer() -> None:
            for order_id in waiting:
                for request in self._of_order:
                    await self._make(request.for_order(order_id))

        started = time.perf_counter()
        await asyncio.gather(*(customer() for _ in range(in_flight)))
        return time.perf_counter() - started

    async def _make(self, request: Request) -> None:
        if request.kind == RECEIVE:
            return  # when there is none to delete: one request brings up to 16, as for the host
        if request.kind == DELETE:
            await self._delete_one(request)
        else:
            await self._send(request)

    async def _delete_one(self, request: Request) -> None:
        while not self._received:
            (receive,) = (each for each in self._of_order if each.kind == RECEIVE)
            self._received += _MESSAGE.findall(await self._send(receive))
        message_id, receipt = (text.decode() for text in self._received.pop())
        messages = request.path.partition("/messages/")[0] + "/messages"
        path = f"{messages}/{message_id}?popreceipt={quote(receipt, safe='')}"
        await self._send(replace(request, path=path))

    async def _send(self, request: Request) -> bytes:
        mark = "&" if "?" in request.path else "?"
        url = (
            f"http://127.0.0.1:{self._ports[request.service]}{request.path}"
            f"{mark}{self._signatures[request.service]}"
        )
        async with self._http.request(
            request.method,
            URL(url, encoded=True),
            data=request.body or None,
            headers={**request.headers, "x-ms-version": "2019-07-07"},
        ) as answer:
            content = await answer.read()
        refused = answer.status >= 400 or _REFUSED.search(content)
        assert not refused, (request.method, request.path, answer.status, content[:500])
        return content


def measure_floor(
    storage: str, requests: Sequence[Request], order_ids: Sequence[str], in_flight: int
) -> float:
    """Return the orders per second that Azurite itself serves."""

    async def run() -> float:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as http:
            return await Floor(http, storage, requests).serve(order_ids, in_flight)

    return len(order_ids) / asyncio.run(run())


def _soon() -> datetime:
    return datetime.now(timezone.utc) + timedelta(hours=1)


def _table_signature() -> str:
    return generate_account_sas(
        AzureNamedKeyCredential(DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY),
        ResourceTypes(service=True, container=True, object=True),
        AccountSasPermissions(read=True, write=True, delete=True, add=True, update=True, list=True),
        _soon(),
    )


def _queue_signature() -> str:
    return generate_queue_sas(
        DEVELOPMENT_ACCOUNT,
        DEVELOPMENT_KEY,
        QueueResources(service=True, container=True, object=True),
        QueuePermissions(
            read=True, write=True, delete=True, list=True, add=True, update=True, process=True
        ),
        _soon(),
    )
