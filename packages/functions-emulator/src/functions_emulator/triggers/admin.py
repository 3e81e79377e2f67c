"""The host's own endpoints: home page, status, functions, and the emulator's clock."""

import asyncio
import html
import json
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

from functions_emulator.app.functions import FunctionDefinition

VERSION = "4.0.0.0"


@dataclass
class Admin:
    """Serves `/admin`, and `home` for `/`.

    `run_function` starts a function by hand, given its input text. `advance_clock` moves the clock
    of orchestrations and returns its new time; None without any. `errors` says why the app is not
    running, if it is not.
    """

    host_id: str
    functions: Mapping[str, FunctionDefinition]
    url_of: Callable[[FunctionDefinition], str | None]
    run_function: Callable[[FunctionDefinition, str], Awaitable[None]]
    advance_clock: Callable[[float], datetime] | None = None
    state: str = "Starting"
    errors: list[str] = field(default_factory=list)
    has_home: bool = True
    _started: float = field(default_factory=time.monotonic)
    _manual_runs: set[asyncio.Task[None]] = field(default_factory=set)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the host's application."""
        return [
            web.get("/admin/host/status", self.status),
            web.route("*", "/admin/host/ping", self.ping),
            web.get("/admin/functions", self.list_functions),
            web.get("/admin/functions/{name}", self.get_function),
            web.post("/admin/functions/{name}", self.start_function),
            web.get("/admin/functions/{name}/status", self.function_status),
            web.post("/admin/emulator/clock", self.move_clock),
        ]

    async def home(self, request: web.Request) -> web.Response:
        """Answer `/` if no function of the app does; empty if a setting switches it off."""
        if not self.has_home:
            return web.Response(status=204)
        names = "".join(f"<li>{html.escape(name)}</li>" for name in self.functions)
        page = (
            "<!doctype html><title>Functions emulator</title>"
            f"<h1>Your function app is up and running</h1><ul>{names}</ul>"
        )
        return web.Response(text=page, content_type="text/html")

    async def status(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "id": self.host_id,
                "state": self.state,
                "version": VERSION,
                "versionDetails": f"{VERSION} emulator",
                "processUptime": round((time.monotonic() - self._started) * 1000),
                "functionAppContentEditingState": "NotAllowed",
                **({"errors": self.errors} if self.errors else {}),
            }
        )

    async def ping(self, request: web.Request) -> web.Response:
        return web.Response()

    async def list_functions(self, request: web.Request) -> web.Response:
        return web.json_response([self._described(f, request) for f in self.functions.values()])

    async def get_function(self, request: web.Request) -> web.Response:
        function = self._find(request)
        return web.json_response(self._described(function, request))

    async def function_status(self, request: web.Request) -> web.Response:
        self._find(request)
        return web.json_response({})

    async def start_function(self, request: web.Request) -> web.Response:
        """Start a function as the portal's test button does: 202, or 400 without an object."""
        function = self._find(request)
        try:
            body = await request.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return web.json_response({"error": 'send {"input": "..."}'}, status=400)
        value = body.get("input")
        text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
        if function.trigger.type not in ("queueTrigger", "timerTrigger"):
            error = f"{function.name} has a {function.trigger.type}; only queue and timer triggers"
            return web.json_response({"error": f"{error} are started here"}, status=400)
        task = asyncio.create_task(self._run(function, text), name=function.name)
        self._manual_runs.add(task)
        task.add_done_callback(self._manual_runs.discard)
        return web.Response(status=202)

    @property
    def started_by_hand(self) -> list[str]:
        """Name the functions that were started by hand and have not ended."""
        return [task.get_name() for task in self._manual_runs]

    async def _run(self, function: FunctionDefinition, text: str) -> None:
        await self.run_function(function, text)

    async def move_clock(self, request: web.Request) -> web.Response:
        """Move the orchestrations' clock forward; answers its new time."""
        if self.advance_clock is None:
            return web.json_response({"error": "the app has no durable functions"}, status=400)
        try:
            seconds = _seconds(await request.json())
            moved = self.advance_clock(seconds)
        except (ValueError, OverflowError) as error:
            message = f'send {{"advanceSeconds": 3600}}: {error}'
            return web.json_response({"error": message}, status=400)
        return web.json_response({"now": moved.isoformat()})

    def _find(self, request: web.Request) -> FunctionDefinition:
        name = request.match_info["name"].lower()
        for function in self.functions.values():
            if function.name.lower() == name:
                return function
        raise web.HTTPNotFound(text="")

    def _described(self, function: FunctionDefinition, request: web.Request) -> dict[str, Any]:
        bindings = [dict(b.properties) for b in (function.trigger, *function.bindings)]
        for binding, source in zip(bindings, (function.trigger, *function.bindings), strict=True):
            binding["direction"] = source.direction
        return {
            "name": function.name,
            "href": f"{request.scheme}://{request.host}/admin/functions/{function.name}",
            "invoke_url_template": self.url_of(function),
            "language": "python",
            "config": {"name": function.name, "bindings": bindings},
            "isDisabled": False,
            "isDirect": False,
            "isProxy": False,
        }


def _seconds(body: Any) -> float:
    seconds = body.get("advanceSeconds") if isinstance(body, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise ValueError("advanceSeconds must be a number")
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError("advanceSeconds must be 0 or more")
    return float(seconds)
