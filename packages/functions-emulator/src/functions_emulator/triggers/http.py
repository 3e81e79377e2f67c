"""HTTP triggers: requests in, responses out."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from functions_emulator.triggers.http_request import request_datum
from functions_emulator.triggers.http_response import response_from
from functions_emulator.triggers.invocation import Invoker
from functions_emulator.triggers.router import Router

MAX_BODY_BYTES = 104_857_600  # HttpRequestBodySizeMiddleware.cs, FUNCTIONS_REQUEST_BODY_SIZE_LIMIT
_REASON = "This function was programmatically called via the host APIs."
_log = logging.getLogger("functions_emulator.http")


@dataclass
class HttpTrigger:
    """Serves the app's HTTP functions; give `handle` every request that nothing else takes."""

    router: Router
    invoker: Invoker
    custom_headers: Mapping[str, str] = field(default_factory=dict)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Run the function that a request is for.

        404 with an empty body if there is none, 500 with an empty body if it fails.
        """
        found = self.router.match(request.method, request.raw_path)
        if found is None:
            return self._finish(web.Response(status=404))
        route, values = found
        datum = await request_datum(request, values)
        outcome = await self.invoker.invoke(route.function, datum, {}, _REASON)
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
