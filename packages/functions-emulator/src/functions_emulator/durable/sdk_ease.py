"""Spare the SDK what it does anew at every replay, and what comes out the same each time."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from dateutil.tz import UTC

_MODULE = "azure.durable_functions.models.history.HistoryEvent"
_PARSER = "dt_parse"
_EXECUTOR = "azure.durable_functions.models.TaskOrchestrationExecutor"
_MAKER = "namedtuple"
_CODEC = "azure.functions._durable_functions"
_STRICTNESS = "_is_strict_mode"
_REMEMBERED = 65_536
# As functions_emulator.durable.clock.to_text writes them.
_OURS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")

Parse = Callable[[str], datetime]


def ease_replays() -> None:
    """Ease all that there is; an SDK that has none of it, or is not loaded, is left alone."""
    ease_dates()
    ease_types()
    ease_payloads()


def ease_types() -> None:
    """Have the SDK make its tuple's type once.

    Every replay compiles it anew: a tenth of a short one's time (sdk 1.7:
    TaskOrchestrationExecutor.py, `__init__`).
    """
    _once(_EXECUTOR, _MAKER)


def ease_payloads() -> None:
    """Have the codec of payloads read once whether it is to be strict.

    It looks into the environment up to three times for each payload: a twenty-fifth of a long
    replay's time (azure-functions 1.26: _durable_functions.py, `_is_strict_mode`).
    """
    _once(_CODEC, _STRICTNESS)


def ease_dates() -> None:
    """Have the SDK read the history's timestamps as what they are, and each only once.

    Every replay parses those of the whole history again, with dateutil, which has to find out
    their format: a quarter of a replay's time (sdk 1.7: HistoryEvent.py). The values are those
    that dateutil gives; another format is left to it. An SDK that has no such parser, or is not
    loaded, is left alone.
    """
    module = sys.modules.get(_MODULE)
    parse = getattr(module, _PARSER, None)
    if parse is not None and not hasattr(parse, "cache_info"):
        setattr(module, _PARSER, lru_cache(_REMEMBERED)(_eased(parse)))


def _once(module_name: str, name: str) -> None:
    module = sys.modules.get(module_name)
    function = getattr(module, name, None)
    if function is not None and not hasattr(function, "cache_info"):
        setattr(module, name, lru_cache(function))


def _eased(parse: Parse) -> Parse:
    def read(text: str) -> datetime:
        if _OURS.fullmatch(text):
            return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)
        return parse(text)

    return read
