"""A proxy in front of storage; what it does with a request, its subclasses say."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import TypeVar

import aiohttp
from aiohttp import web
from yarl import URL

Self = TypeVar("Self", bound="Proxy")

# Of one connection, not of a message (RFC 9110, 7.6.1); the lengths are made anew.
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


class Proxy:
    """Passes requests on to Azurite, a port of its own for each of its ports; a context manager.

    Signatures stay valid: they do not cover the Host header. It runs in a thread of its own.
    """

    def __init__(self, targets: Sequence[int]) -> None:
        self.ports: dict[int, int] = {}
        self._targets = tuple(targets)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runners: list[web.AppRunner] = []
        self._session: aiohttp.ClientSession | None = None

    def __enter__(self: Self) -> Self:
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

    async def answer(self, target: int, request: web.Request, body: bytes) -> web.Response | None:
        """Return Azurite's answer; None, also if it gives none, drops the connection."""
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
        try:
            body = await request.read()
        except ConnectionError:  # the client was killed while it sent
            return web.Response()
        answer = await self.answer(target, request, body)
        if answer is None:
            _hang_up(request)
            return web.Response()
        return answer


def _passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
