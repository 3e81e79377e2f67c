"""What stands for an activity: a value, an exception, or a function of its input."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from typing import Any

from functions_emulator.testing.errors import FunctionsError


def answer(replacement: Any, data: Any) -> Any:
    """Give what a replacement answers to an input, or raise what it raises.

    An exception or its class is raised; a function is called with the input if it takes one, and
    awaited if it is async; anything else is the answer.
    """
    if isinstance(replacement, BaseException):
        raise replacement
    if isinstance(replacement, type) and issubclass(replacement, BaseException):
        raise replacement()
    if not callable(replacement):
        return replacement
    result = replacement(data) if _takes_input(replacement) else replacement()
    return asyncio.run(_awaited(result)) if inspect.isawaitable(result) else result


def _takes_input(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        return False
    except ValueError:  # of C, without a signature
        return True
    return True


async def _awaited(result: Any) -> Any:
    return await result


def to_text(name: str, result: Any) -> str:
    """Write an activity's result as JSON text, an object with `to_json` as the SDK does."""
    try:
        return json.dumps(result, default=_custom)
    except TypeError as error:
        raise FunctionsError(f"what stands for {name} answered {result!r}: {error}") from error


def _custom(value: Any) -> dict[str, Any]:
    kind = type(value)
    if not hasattr(kind, "to_json"):
        raise TypeError(f"{kind.__name__} is not JSON and has no `to_json`")
    return {
        "__class__": kind.__name__,
        "__module__": kind.__module__,
        "__data__": kind.to_json(value),
    }


def from_text(text: str | None) -> Any:
    """Read an activity's input; what was an object with `to_json` is its dictionary."""
    return None if text is None else json.loads(text, object_hook=_plain)


def _plain(value: dict[str, Any]) -> Any:
    return value["__data__"] if value.keys() == {"__class__", "__module__", "__data__"} else value
