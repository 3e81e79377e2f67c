"""azure.functions' values as plain ones, which can cross from one process to another, and back."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import Morsel, SimpleCookie
from typing import Any

from azure.functions.meta import Datum

_EXACT = frozenset({type(None), bool, int, float, str, bytes})
# How a tuple is told apart: a Datum is its type and value, cookies are a list alone.
_DATUM, _COOKIES = 2, 1


def to_plain(value: Any) -> Any:
    """Write a Datum, or what it holds, with plain types alone; TypeError if that cannot be.

    Types derived from the plain ones become the plain ones, as on their way through gRPC.
    """
    if type(value) in _EXACT:
        return value
    if isinstance(value, Datum):
        return (value.type, to_plain(value.value))
    if isinstance(value, SimpleCookie):
        return ([(key, each.value, each.coded_value, dict(each)) for key, each in value.items()],)
    if isinstance(value, Mapping):
        return {to_plain(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes):
        return bytes.__getitem__(value, slice(None))
    if isinstance(value, int):
        return int.__index__(value)
    if isinstance(value, float):
        return float.__float__(value)
    raise TypeError(f"a value of type {type(value).__name__} cannot leave the worker process")


def from_plain(value: Any) -> Any:
    """Read what `to_plain` wrote."""
    if type(value) is tuple:
        return Datum(from_plain(value[1]), value[0]) if len(value) == _DATUM else _cookies(value[0])
    if type(value) is dict:
        return {key: from_plain(item) for key, item in value.items()}
    if type(value) is list:
        return [from_plain(item) for item in value]
    return value


def _cookies(written: list[tuple[str, str, str, dict[str, Any]]]) -> SimpleCookie:
    cookies = SimpleCookie()
    for key, value, coded_value, attributes in written:
        morsel: Morsel[str] = Morsel()
        morsel.set(key, value, coded_value)
        morsel.update(attributes)
        cookies[key] = morsel
    return cookies
