"""HTTP triggers: requests in, responses out."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from functions_emulator.triggers.http_request import request_datum
from functions_emulator.triggers.http_response import response_from
from functions_emulator.triggers.invocation import Invoker
from functions_emulator.triggers.router import Router
from functions_emulator.worker.origin import origin_of

MAX_BODY_BYTES = 104_857_600  # HttpRequestBodySizeMiddleware.cs, FUNCTIONS_REQUEST_BODY_SIZE_LIMIT
Handler = Callable[[web.Request], Awaitable[web.Response]]
_REASON = "This function was programmatically called via the host APIs."
_log = logging.getLogger("functions_emulator.http")


@dataclass
class HttpTrigger:
    """Serves the app's HTTP functions; give `handle` every request that nothing else takes.

    `home` answers `/` if no function does (HomepageMiddleware.cs).
    """

    router: Router
    invoker: Invoker
    custom_headers: Mapping[str, str] = field(default_factory=dict)
    home: Handler | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Run the function that a request is for.

        404 with an empty body if there is none, 500 with an empty body if it fails.
        """
        found = self.router.match(request.method, request.raw_path)
        if found is None and request.path == "/" and self.home is not None:
            return await self.home(request)
        if found is None:
            return self._finish(web.Response(status=404))
        route, values = found
        datum = await request_datum(request, values)
        origin = origin_of(request.headers)
        outcome = await self.invoker.invoke(route.function, datum, {}, _REASON, origin=origin)
        if not outcome.succeeded:
            return self._finish(web.Response(status=500))
        try:
            return self._finish(response_from(outcome.returned))
        except (ValueError, TypeError) as error:
            _log.error(
                "Function '%s' (Id=%s) returned an impossible response: %s",
                route.function.name,
                outcome.invocation_id,
                error,
            )
            return self._finish(web.Response(status=500))

    def _finish(self, response: web.Response) -> web.Response:
        for name, value in self.custom_headers.items():
            response.headers[name] = value
        return response
