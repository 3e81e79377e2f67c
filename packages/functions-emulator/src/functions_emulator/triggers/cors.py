"""Cross-origin requests of browsers, as `func start` answers them (CorsService.cs of ASP.NET)."""

from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from multidict import CIMultiDict

from functions_emulator.app.local_host import CorsSettings

_ALLOW = "Access-Control-Allow-"
_REQUEST = "Access-Control-Request-"


def cors_middleware(settings: Callable[[], CorsSettings]) -> Middleware:
    """Make the middleware of the host's application; the settings may change with the app's."""

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        cors, origin = settings(), request.headers.get("Origin")
        if origin is None or not cors.origins:
            return await handler(request)
        allowed = cors.any_origin or origin in cors.origins
        if request.method == "OPTIONS" and f"{_REQUEST}Method" in request.headers:
            preflight = web.Response(status=204)
            if allowed:
                _allow(preflight.headers, cors, origin)
                _allow_what_is_asked(preflight.headers, request)
            return preflight
        try:
            response = await handler(request)
        except web.HTTPException as error:
            if allowed:
                _allow(error.headers, cors, origin)
            raise
        if allowed:
            _allow(response.headers, cors, origin)
        return response

    return answer


def _allow(headers: "CIMultiDict[str]", cors: CorsSettings, origin: str) -> None:
    headers[f"{_ALLOW}Origin"] = "*" if cors.any_origin else origin
    if cors.credentials:
        headers[f"{_ALLOW}Credentials"] = "true"
    if len(cors.origins) > 1 and not cors.any_origin:
        headers.add("Vary", "Origin")


def _allow_what_is_asked(headers: "CIMultiDict[str]", request: web.Request) -> None:
    asked = request.headers.get(f"{_REQUEST}Headers", "")
    names = [name.strip() for name in asked.split(",") if name.strip()]
    if names:
        headers[f"{_ALLOW}Headers"] = ",".join(names)
    headers[f"{_ALLOW}Methods"] = request.headers[f"{_REQUEST}Method"]
