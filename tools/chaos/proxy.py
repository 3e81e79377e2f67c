"""A proxy in front of storage that fails, delays and forgets some of the requests."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType

import aiohttp
from aiohttp import web
from yarl import URL

# Of one connection, not of a message (RFC 9110, 7.6.1); the lengths are made anew.
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}
_BUSY = json.dumps({"odata.error": {"code": "ServerBusy", "message": {"value": "made up"}}})


@dataclass(frozen=True)
class Faults:
    """Shares of the requests, from 0 to 1, that meet each fault; `delay` in seconds at most.

    `refused` are answered with 503 and not passed on; `lost` are passed on and their answers
    dropped with the connection.
    """

    refused: float = 0.0
    lost: float = 0.0
    delayed: float = 0.0
    delay: float = 1.0


NONE = Faults()


class FaultProxy:
    """Passes requests on to Azurite, a port of its own for each of its ports; a context manager.

    Signatures stay valid: they do not cover the Host header. The same seed makes the same
    choices, on whichever request comes next.
    """

    def __init__(self, targets: Sequence[int], seed: int) -> None:
        self.faults = NONE
        self.made: Counter[str] = Counter()
        self.ports: dict[int, int] = {}
        self._targets = tuple(targets)
        self._chance = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runners: list[web.AppRunner] = []
        self._session: aiohttp.ClientSession | None = None

    def __enter__(self) -> FaultProxy:
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def through(self, connection: str) -> str:
        """Return a connection string that leads through this proxy."""
        for target, port in self.ports.items():
            connection = connection.replace(f"127.0.0.1:{target}/", f"127.0.0.1:{port}/")
        return connection

    def _run(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)  # type: ignore[arg-type]

    async def _start(self) -> None:
        connector = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(connector=connector, auto_decompress=False)
        for target in self._targets:
            application = web.Application(client_max_size=64 * 2**20)
            application.router.add_route("*", "/{path:.*}", partial(self._pass_on, target))
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self._runners.append(runner)
            self.ports[target] = runner.addresses[0][1]

    async def _stop(self) -> None:
        for runner in self._runners:
            await runner.cleanup()
        if self._session:
            await self._session.close()

    async def _pass_on(self, target: int, request: web.Request) -> web.StreamResponse:
        fault = self._choose()
        try:
            body = await request.read()
        except ConnectionError:  # the client was killed while it sent
            return web.Response()
        if fault == "refused":
            headers = {"x-ms-error-code": "ServerBusy", "Content-Type": "application/json"}
            return web.Response(status=503, text=_BUSY, headers=headers)
        if fault == "delayed":
            await asyncio.sleep(self._chance.uniform(0, self.faults.delay))
        answer = await self._ask(target, request, body)
        if fault == "lost" or answer is None:
            _hang_up(request)
            return web.Response()
        return answer

    def _choose(self) -> str:
        faults, number = self.faults, self._chance.random()
        for name, share in (
            ("refused", faults.refused),
            ("lost", faults.lost),
            ("delayed", faults.delayed),
        ):
            if number < share:
                self.made[name] += 1
                return name
            number -= share
        return ""

    async def _ask(self, target: int, request: web.Request, body: bytes) -> web.Response | None:
        """Return Azurite's answer, or None if it gives none."""
        assert self._session is not None
        url = URL(f"http://127.0.0.1:{target}{request.raw_path}", encoded=True)
        with suppress(aiohttp.ClientError, OSError):
            async with self._session.request(
                request.method,
                url,
                data=body or None,
                headers=_passed_on(request.headers),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                allow_redirects=False,
            ) as answer:
                content = await answer.read()
                headers = _passed_on(answer.headers)
                return web.Response(status=answer.status, body=content, headers=headers)
        return None


def _passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
