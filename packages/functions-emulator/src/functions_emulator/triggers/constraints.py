"""Inline route constraints such as `{id:int}`, with ASP.NET Core's meaning."""

import re
from collections.abc import Callable
from datetime import datetime

from functions_emulator.errors import AppError

Constraint = Callable[[str], bool]

_WHOLE = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
_DECIMAL = re.compile(r"\s*[+-]?(?:\d[\d,]*\.?\d*|\.\d+)[+-]?\s*", re.ASCII)
_FLOAT = re.compile(r"\s*[+-]?(?:(?:\d[\d,]*\.?\d*|\.\d+)(?:e[+-]?\d+)?|infinity|nan)\s*", re.I)
_ALPHA = re.compile(r"[a-z]*", re.IGNORECASE | re.ASCII)
_HEX = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_GUID = re.compile(rf"\s*(?:[0-9a-f]{{32}}|{_HEX}|\({_HEX}\)|\{{{_HEX}\}})\s*", re.IGNORECASE)
_FILE = re.compile(r".*[^/.][^/]*\.[^/.]+|\.[^/.]+")
_DATE_FORMATS = ("%m/%d/%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m-%d-%Y", "%d %b %Y", "%H:%M")


def _whole(value: str, low: int, high: int) -> bool:
    return _WHOLE.fullmatch(value) is not None and low <= int(value) <= high


def _int(value: str) -> bool:
    return _whole(value, -(2**31), 2**31 - 1)


def _long(value: str) -> bool:
    return _whole(value, -(2**63), 2**63 - 1)


def _datetime(value: str) -> bool:
    value = value.strip()
    try:
        datetime.fromisoformat(value.replace("Z", "+00:00"))
        return True
    except ValueError:
        return any(_parses(value, date_format) for date_format in _DATE_FORMATS)


def _parses(value: str, date_format: str) -> bool:
    try:
        datetime.strptime(value, date_format)
    except ValueError:
        return False
    return True


_SIMPLE: dict[str, Constraint] = {
    "int": _int,
    "long": _long,
    "bool": lambda value: value.strip().lower() in ("true", "false"),
    "datetime": _datetime,
    "decimal": lambda value: _DECIMAL.fullmatch(value) is not None,
    "double": lambda value: _FLOAT.fullmatch(value) is not None,
    "float": lambda value: _FLOAT.fullmatch(value) is not None,
    "guid": lambda value: _GUID.fullmatch(value) is not None,
    "alpha": lambda value: _ALPHA.fullmatch(value) is not None,
    "required": lambda value: value != "",
    "file": lambda value: _FILE.fullmatch(value) is not None,
    "nonfile": lambda value: _FILE.fullmatch(value) is None,
}


def _number(text: str) -> int:
    if _WHOLE.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no whole number")
    return int(text)


def _min(low: int) -> Constraint:
    return lambda value: _long(value) and int(value) >= low


def _max(high: int) -> Constraint:
    return lambda value: _long(value) and int(value) <= high


def _range(low: int, high: int) -> Constraint:
    return lambda value: _long(value) and low <= int(value) <= high


def _length(low: int, high: int | None = None) -> Constraint:
    return lambda value: low <= len(value) <= (low if high is None else high)


_WITH_NUMBERS: dict[str, tuple[Callable[..., Constraint], tuple[int, ...]]] = {
    "min": (_min, (1,)),
    "max": (_max, (1,)),
    "range": (_range, (2,)),
    "length": (_length, (1, 2)),
    "minlength": (lambda low: lambda value: len(value) >= low, (1,)),
    "maxlength": (lambda high: lambda value: len(value) <= high, (1,)),
}


def parse_constraint(text: str) -> Constraint:
    """Return the test behind `int`, `length(1,3)` or `regex(...)`.

    Raises AppError for a constraint that ASP.NET Core does not know or with wrong arguments.
    """
    name, _, rest = text.partition("(")
    name = name.strip().lower()
    argument = rest[:-1] if rest.endswith(")") else rest
    try:
        if name == "regex":
            pattern = re.compile(argument, re.IGNORECASE)
            return lambda value: pattern.search(value) is not None
        if name in _WITH_NUMBERS:
            make, counts = _WITH_NUMBERS[name]
            numbers = [_number(item) for item in argument.split(",")]
            if len(numbers) not in counts:
                raise ValueError(f"it takes {counts[-1]} numbers")
            return make(*numbers)
    except (ValueError, re.error) as error:
        raise AppError(f"the route constraint {text!r} is wrong: {error}") from error
    if name not in _SIMPLE or argument:
        known = ", ".join(sorted([*_SIMPLE, *_WITH_NUMBERS, "regex"]))
        raise AppError(f"the route constraint {text!r} is unknown; there are {known}.")
    return _SIMPLE[name]
