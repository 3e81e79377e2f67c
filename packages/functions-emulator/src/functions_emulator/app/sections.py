"""One section of a settings file, read with errors that name the setting."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from functions_emulator.app.timespan import parse_timespan
from functions_emulator.errors import AppError

_OVERRIDE = re.compile(r"AzureFunctionsJobHost(?:__|:)(?P<path>.+)", re.IGNORECASE)


@dataclass(frozen=True)
class Section:
    """Settings below one path of a file; names ignore case, as .NET configuration does."""

    path: str
    values: Mapping[str, Any] = field(default_factory=dict)
    file: str = "host.json"

    def _find(self, name: str) -> Any:
        for key, value in self.values.items():
            if key.lower() == name.lower():
                return value
        return None

    def _wrong(self, name: str, value: Any, wanted: str) -> AppError:
        where = f"{self.path}.{name}".lstrip(".")
        return AppError(f"{self.file}: {where} is {value!r}; it must be {wanted}.")

    def raw(self, name: str) -> Any:
        """Return a setting as it was written, None if it is missing."""
        return self._find(name)

    def section(self, name: str) -> "Section":
        """Return the section below this one, empty if it is missing."""
        value = self._find(name)
        if value is None:
            value = {}
        if not isinstance(value, Mapping):
            raise self._wrong(name, value, "an object")
        return Section(f"{self.path}.{name}".lstrip("."), value, self.file)

    def text(self, name: str, default: str) -> str:
        """Return a string setting."""
        value = self._find(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self._wrong(name, value, "a string")
        return value

    def integer(self, name: str, default: int, minimum: int = 0, maximum: int | None = None) -> int:
        """Return a whole number within limits."""
        value = self._find(name)
        if value is None:
            return default
        wanted = f"a whole number from {minimum}" + ("" if maximum is None else f" to {maximum}")
        if isinstance(value, str) and re.fullmatch(r"-?\d+", value, re.ASCII):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(name, value, wanted)
        if value < minimum or (maximum is not None and value > maximum):
            raise self._wrong(name, value, wanted)
        return value

    def boolean(self, name: str, default: bool) -> bool:
        """Return a switch."""
        value = self._find(name)
        if value is None:
            return default
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise self._wrong(name, value, "true or false")
        return value

    def timespan(self, name: str, default: timedelta, minimum: timedelta) -> timedelta:
        """Return a time span of at least `minimum`."""
        value = self._find(name)
        if value is None:
            return default
        wanted = f"a time span of at least {minimum}, such as 00:00:05"
        try:
            span = parse_timespan(value) if isinstance(value, str) else None
        except ValueError:
            span = None
        if span is None or span < minimum:
            raise self._wrong(name, value, wanted)
        return span

    def names(self, name: str) -> list[str] | None:
        """Return a list of strings, or None if it is missing."""
        value = self._find(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(name, value, "a list of strings")
        return value

    def overridden(self, environment: Mapping[str, str]) -> "Section":
        """Return this section with `AzureFunctionsJobHost__a__b=value` settings applied."""
        values: dict[str, Any] = dict(self.values)
        for key, text in environment.items():
            match = _OVERRIDE.fullmatch(key)
            if match:
                _put(values, re.split(r"__|:", match["path"]), text)
        return Section(self.path, values, self.file)


def _put(values: dict[str, Any], path: list[str], text: str) -> None:
    name = next((key for key in values if key.lower() == path[0].lower()), path[0])
    if len(path) == 1:
        values[name] = text
        return
    below = values.get(name)
    values[name] = dict(below) if isinstance(below, Mapping) else {}
    _put(values[name], path[1:], text)
