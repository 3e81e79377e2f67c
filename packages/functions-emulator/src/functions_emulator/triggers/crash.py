"""A way to kill the emulator with -9 over HTTP, for those who start it again and watch."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping

from aiohttp import web

SETTING = "EMULATOR_ALLOW_CRASH"
PATH = "/admin/emulator/crash"
# So that the answer is on its way before.
_DELAY = 0.05


def kill_this_process() -> None:
    """End this process at once, as `kill -9` does: no handler runs, nothing is flushed."""
    # Windows has no SIGKILL; there any signal ends the process at once.
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def crash_routes(
    environment: Mapping[str, str] = os.environ, kill: Callable[[], None] = kill_this_process
) -> list[web.RouteDef]:
    """Return the routes of the crash: none, unless the environment allows it.

    GET answers 204, so that a page can tell whether to offer it; POST answers 202 and kills. It
    takes JSON alone, which no page of another origin can send without asking first.
    """
    if environment.get(SETTING, "").lower() not in ("1", "true"):
        return []

    async def offer(request: web.Request) -> web.Response:
        return web.Response(status=204)

    async def crash(request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return web.json_response({"error": "send Content-Type: application/json"}, status=415)
        asyncio.get_running_loop().call_later(_DELAY, kill)
        return web.json_response({"killed": os.getpid()}, status=202)

    return [web.get(PATH, offer), web.post(PATH, crash)]
