"""What the pytest plugin gives to tests: `Functions` and what it hands out.

Import the names from here for type hints; nothing is loaded before one is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from functions_emulator.testing.errors import FunctionsError
    from functions_emulator.testing.fakes import Fake
    from functions_emulator.testing.functions import Functions
    from functions_emulator.testing.instance import Instance
    from functions_emulator.testing.queues import Queue
    from functions_emulator.testing.web import Response

__all__ = ["Fake", "Functions", "FunctionsError", "Instance", "Queue", "Response"]

_HOMES = {
    "Fake": "fakes",
    "Functions": "functions",
    "FunctionsError": "errors",
    "Instance": "instance",
    "Queue": "queues",
    "Response": "web",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
