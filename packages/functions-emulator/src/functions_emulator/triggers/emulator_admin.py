"""The emulator's own endpoints, for tests: when to move the clock, fakes, a fresh start."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from functions_emulator.durable.runtime import DurableRuntime

# Names the functions that run, and then, if asked, the queues that hold messages for functions.
AtWork = Callable[[], Iterable[str]]
Queued = Callable[[], Awaitable[list[str]]]


class EmulatorAdmin:
    """Serves `/admin/emulator`, but for `POST clock`; `durable` is None for an app without."""

    def __init__(self, running: AtWork, queued: Queued) -> None:
        self.durable: DurableRuntime | None = None
        self._running = running
        self._queued = queued

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the host's application."""
        return [
            web.get("/admin/emulator/clock", self.clock),
            web.post("/admin/emulator/clock/next", self.skip_to_next_timer),
            web.put("/admin/emulator/fakes/{activity}", self.fake),
            web.post("/admin/emulator/reset", self.reset),
        ]

    async def clock(self, request: web.Request) -> web.Response:
        """Tell the orchestrations' time, when the next timer is due, and what is under way."""
        return web.json_response(await self._state())

    async def skip_to_next_timer(self, request: web.Request) -> web.Response:
        """Move the clock to the next timer, if all rests as it did; tell whether it was moved."""
        durable = self._needs_durable()
        changes = (await _object(request)).get("changes")
        if isinstance(changes, bool) or not isinstance(changes, int):
            return _error('send {"changes": n} with the number that GET /admin/emulator/clock gave')
        rests = not await self._queued() and not list(self._running())
        moved = rests and durable.controls.skip_to_next_timer(changes)
        return web.json_response({"moved": moved, **await self._state()})

    async def fake(self, request: web.Request) -> web.Response:
        """Have an activity answered for by a URL of this machine, until a reset."""
        from functions_emulator.durable.errors import BadArgument

        durable = self._needs_durable()
        url = (await _object(request)).get("url")
        try:
            durable.fakes.put(request.match_info["activity"], str(url))
        except BadArgument as error:
            return _error(str(error))
        return web.Response(status=204)

    async def reset(self, request: web.Request) -> web.Response:
        """Forget every instance, every fake, and how far the clock was moved."""
        if request.content_type != "application/json":  # as a page of somewhere else would send it
            return _error("send {} as application/json")
        if self.durable is not None:
            await self.durable.controls.reset()
        return web.Response(status=204)

    async def _state(self) -> dict[str, Any]:
        running = sorted(self._running())
        pause = None if self.durable is None else self.durable.controls.pause()
        is_busy = bool(running or (pause and pause.at_work))
        queued = [] if is_busy else await self._queued()
        return {
            "now": pause and pause.now.isoformat(),
            "nextTimer": pause and pause.next_timer and pause.next_timer.isoformat(),
            "atWork": is_busy or bool(queued),
            "running": running,
            "queued": queued,
            "changes": pause.changes if pause else 0,
        }

    def _needs_durable(self) -> DurableRuntime:
        if self.durable is None:
            text = '{"error": "the app has no durable functions"}'
            raise web.HTTPBadRequest(text=text, content_type="application/json")
        return self.durable


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {}


def _error(text: str) -> web.Response:
    return web.json_response({"error": text}, status=400)
