"""Find the HTTP function that a request is for, in the order the host tries its routes."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cmp_to_key
from urllib.parse import unquote

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.errors import AppError
from functions_emulator.triggers.route_segments import Parameter
from functions_emulator.triggers.route_template import RouteTemplate


@dataclass(frozen=True)
class Route:
    """An HTTP function, its template (prefix included) and its methods, None for all."""

    function: FunctionDefinition
    template: RouteTemplate
    methods: frozenset[str] | None


class Router:
    """The routes of an app, most specific first (WebJobsRouteBuilder.cs of the HTTP extension)."""

    def __init__(self, functions: Iterable[FunctionDefinition], route_prefix: str) -> None:
        routes = [_route(function, route_prefix) for function in functions]
        self.routes = sorted(routes, key=cmp_to_key(_compare))

    def match(self, method: str, raw_path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the first route that takes this method and path, with its parameters.

        A known path with another method is no match either: the host makes the methods a
        constraint of the route, so it answers 404 (WebScriptHostHttpRoutesManager.cs).
        """
        path = path_segments(raw_path)
        if path and path[0].lower() == "admin":
            return None
        for route in self.routes:
            if route.methods is None or method in route.methods:
                values = route.template.match(path)
                if values is not None:
                    return route, values
        return None


def path_segments(raw_path: str) -> list[str]:
    """Split a request path as Kestrel does: decoded but for %2F, dot segments removed."""
    path = raw_path.partition("?")[0]
    segments = path.split("/")[1:]
    if "%" in path:
        segments = [unquote(_keep_slash(segment), errors="replace") for segment in segments]
    if "/." in path or "." in segments or ".." in segments:
        segments = _without_dots(segments)
    if segments and not segments[-1]:
        segments.pop()
    return segments


def _keep_slash(segment: str) -> str:
    return segment.replace("%2F", "%252F").replace("%2f", "%252f")


def _without_dots(segments: list[str]) -> list[str]:
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return kept


def _route(function: FunctionDefinition, prefix: str) -> Route:
    properties = function.trigger.properties
    route = str(properties.get("route") or function.name)
    methods = properties.get("methods")
    try:
        # The host joins the two before ASP.NET trims them: `api//{*route}` is refused there too.
        if prefix and route.startswith(("/", "~/")):
            raise AppError(
                f"the route {route!r} must not start with a slash behind the prefix {prefix!r}. "
                'Remove it; an ASGI or WSGI app needs "extensions": {"http": {"routePrefix": ""}} '
                "in host.json."
            )
        template = RouteTemplate(f"{prefix}/{route}" if prefix else route)
    except AppError as error:
        raise AppError(f"cannot load function {function.name}: {error}") from error
    names = None if methods is None else frozenset(str(method).upper() for method in methods)
    return Route(function, template, names)


def _compare(left: Route, right: Route) -> int:
    """Order literals before parameters, constrained parameters first, longer routes first."""
    ours, theirs = left.template.segments, right.template.segments
    for mine, other in zip(ours, theirs, strict=False):
        order = _compare_parts(mine.first, other.first)
        if order:
            return order
    return len(theirs) - len(ours)


def _compare_parts(left: str | Parameter, right: str | Parameter) -> int:
    if isinstance(left, str):
        if not isinstance(right, str):
            return -1
        a, b = left.lower(), right.lower()
        return (a > b) - (a < b)
    if isinstance(right, str):
        return 1
    return len(right.constraints) - len(left.constraints)
