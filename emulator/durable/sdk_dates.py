"""Spare the SDK from parsing the same timestamps at every replay."""

from __future__ import annotations

import sys
from functools import lru_cache

_MODULE = "azure.durable_functions.models.history.HistoryEvent"
_PARSER = "dt_parse"
_REMEMBERED = 65_536


def remember_dates() -> None:
    """Have the SDK keep the timestamps that it has parsed.

    Every replay parses those of the whole history again, with dateutil, which has to find out
    their format: a quarter of a replay's time (sdk 1.7: HistoryEvent.py). Parser and results
    stay the same. An SDK that has no such parser, or is not loaded, is left alone.
    """
    module = sys.modules.get(_MODULE)
    parse = getattr(module, _PARSER, None)
    if parse is not None and not hasattr(parse, "cache_info"):
        setattr(module, _PARSER, lru_cache(_REMEMBERED)(parse))
