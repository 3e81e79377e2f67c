"""The pieces of an ASP.NET Core route template, and how they are written (TemplateParser)."""

import re
from dataclasses import dataclass

from functions_emulator.errors import AppError
from functions_emulator.triggers.constraints import Constraint, parse_constraint

_PARAMETER_NAME = re.compile(r"[^/{}?*]+")


@dataclass(frozen=True)
class Parameter:
    """One `{name:constraint=default?}`."""

    name: str
    constraints: tuple[Constraint, ...] = ()
    optional: bool = False
    catch_all: bool = False
    default: str | None = None

    def admits(self, value: str | None) -> bool:
        """Tell whether a value, None for a missing one, passes every constraint."""
        if value is None:
            return self.optional or self.catch_all or not self.constraints
        return all(constraint(value) for constraint in self.constraints)


Part = str | Parameter


@dataclass(frozen=True)
class Segment:
    """What stands between two slashes: a literal, a parameter, or a mix such as `{name}.{ext}`."""

    parts: tuple[Part, ...]
    pattern: re.Pattern[str] | None = None

    @property
    def single(self) -> Part | None:
        return self.parts[0] if len(self.parts) == 1 else None

    @property
    def first(self) -> Part:
        return self.parts[0]


def split_route(text: str) -> list[str]:
    """Split at slashes that are not inside braces (a regex constraint may hold some)."""
    parts, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if character == "/" and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    last = text[start:]
    return [*parts, last] if last else parts


def parse_segment(text: str, route: str) -> Segment:
    """Parse what stands between two slashes; raise AppError with the route it is part of."""
    if not text:
        raise AppError(f"the route {route!r} has an empty segment ('//').")
    parts = tuple(_parts(text, route))
    if len(parts) == 1:
        return Segment(parts)
    pattern = "".join(re.escape(part) if isinstance(part, str) else "(.+)" for part in parts)
    last = parts[-1]
    if isinstance(last, Parameter) and last.optional and parts[-2] == ".":
        pattern = pattern.removesuffix(r"\.(.+)") + r"(?:\.([^.]+))?"
        pattern = pattern.replace("(.+)", "(.+?)", 1)
    return Segment(parts, re.compile(pattern, re.IGNORECASE))


def _parts(text: str, route: str) -> list[Part]:
    parts: list[Part] = []
    literal, index = "", 0
    while index < len(text):
        if text.startswith(("{{", "}}"), index):
            literal, index = literal + text[index], index + 2
        elif text[index] == "{":
            end = _closing_brace(text, index, route)
            parts.extend([literal] if literal else [])
            parts.append(_parameter(text[index + 1 : end], route))
            literal, index = "", end + 1
        elif text[index] == "}":
            raise AppError(f"the route {route!r} has a '}}' without its '{{'.")
        else:
            literal, index = literal + text[index], index + 1
    return [*parts, literal] if literal else parts


def _closing_brace(text: str, start: int, route: str) -> int:
    index = start + 1
    while index < len(text):
        if text.startswith(("{{", "}}"), index):
            index += 2
        elif text[index] == "}":
            return index
        else:
            index += 1
    raise AppError(f"the route {route!r} has a '{{' without its '}}'.")


def _parameter(text: str, route: str) -> Parameter:
    text = text.replace("{{", "{").replace("}}", "}")
    stars = len(text) - len(text.lstrip("*"))
    optional = text.endswith("?") and stars == 0
    body = text[stars : len(text) - 1 if optional else len(text)]
    name_end = min((i for i in (body.find(":"), body.find("=")) if i >= 0), default=len(body))
    name = body[:name_end].strip()
    constraints, default = _constraints(body[name_end:])
    if not _PARAMETER_NAME.fullmatch(name) or stars > 2:
        raise AppError(f"the route {route!r} has a parameter with the illegal name {name!r}.")
    if optional and default is not None:
        raise AppError(f"the route {route!r}: {name!r} cannot be optional and have a default.")
    return Parameter(name, tuple(map(parse_constraint, constraints)), optional, stars > 0, default)


def _constraints(text: str) -> tuple[list[str], str | None]:
    """Split `:int:regex(a:b)=5` into its constraints and the default value."""
    found: list[str] = []
    index = 0
    while index < len(text) and text[index] == ":":
        end, depth = index + 1, 0
        while end < len(text) and (depth > 0 or text[end] not in ":="):
            depth += (text[end] == "(") - (text[end] == ")")
            end += 1
        found.append(text[index + 1 : end])
        index = end
    return found, text[index + 1 :] if index < len(text) else None
