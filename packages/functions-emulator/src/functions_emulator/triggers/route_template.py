"""ASP.NET Core route templates: `orders/{id:int}/{*rest}` (TemplateMatcher)."""

from collections.abc import Sequence

from functions_emulator.errors import AppError
from functions_emulator.triggers.route_segments import (
    Parameter,
    Segment,
    parse_segment,
    split_route,
)


class RouteTemplate:
    """A parsed template; `match` takes the decoded segments of a path."""

    def __init__(self, text: str) -> None:
        self.text = text = _trimmed(text)
        self.segments = tuple(parse_segment(part, text) for part in split_route(text))
        self.parameters = tuple(
            part for segment in self.segments for part in segment.parts if not isinstance(part, str)
        )
        _check(self)

    def match(self, path: Sequence[str]) -> dict[str, str] | None:
        """Return the values of the parameters, or None if the path is another's.

        A missing optional parameter has no value.
        """
        values: dict[str, str] = {}
        count = len(path)
        for index, segment in enumerate(self.segments):
            part = segment.single
            if isinstance(part, Parameter) and part.catch_all:
                return self._constrained(_put(values, part, "/".join(path[index:]) or None))
            if index >= count:
                if not isinstance(part, Parameter) or not (part.optional or part.default):
                    return None
                _put(values, part, None)
            elif not path[index]:
                return None
            elif isinstance(part, str):
                if part.lower() != path[index].lower():
                    return None
            elif part is not None:
                values[part.name] = path[index]
            elif not _match_mix(segment, path[index], values):
                return None
        return None if count > len(self.segments) else self._constrained(values)

    def _constrained(self, values: dict[str, str]) -> dict[str, str] | None:
        for parameter in self.parameters:
            if not parameter.admits(values.get(parameter.name)):
                return None
        return values


def _trimmed(text: str) -> str:
    """Drop what may stand before a template: one `/` or `~/` (RoutePatternParser.TrimPrefix)."""
    for prefix in ("~/", "/"):
        if text.startswith(prefix):
            return text[len(prefix) :]
    if text.startswith("~"):
        raise AppError(f"the route {text!r} must not start with '~'.")
    return text


def _put(values: dict[str, str], parameter: Parameter, value: str | None) -> dict[str, str]:
    value = value if value is not None else parameter.default
    if value is not None:
        values[parameter.name] = value
    return values


def _match_mix(segment: Segment, text: str, values: dict[str, str]) -> bool:
    assert segment.pattern is not None
    match = segment.pattern.fullmatch(text)
    if match is None:
        return False
    names = [part.name for part in segment.parts if isinstance(part, Parameter)]
    for name, value in zip(names, match.groups(), strict=True):
        if value is not None:
            values[name] = value
    return True


def _check(template: RouteTemplate) -> None:
    names = [parameter.name.lower() for parameter in template.parameters]
    if len(set(names)) < len(names):
        raise AppError(f"the route {template.text!r} uses a parameter name twice.")
    for index, segment in enumerate(template.segments):
        part = segment.single
        if isinstance(part, Parameter) and part.catch_all and index < len(template.segments) - 1:
            raise AppError(f"the route {template.text!r}: a catch-all parameter must be the last.")
