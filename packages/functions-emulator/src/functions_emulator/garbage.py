"""Have Python look for garbage less often.

A replay makes thousands of objects that live until it ends. Python looks through the young ones
for cycles every 700 of them, and at times through all that the app has loaded: a tenth of a long
replay's time.
"""

from __future__ import annotations

import gc

_THRESHOLDS = (10_000, 20, 20)
# As Python sets them: up to 3.12, and from 3.13 on.
_USUAL = ((700, 10, 10), (2_000, 10, 10), (2_000, 10, 0))


def collect_less() -> None:
    """Leave what is loaded by now out of collections, and make those of the rest rarer.

    An app that has set thresholds of its own, or has switched collections off, keeps to that.
    """
    gc.collect()
    gc.freeze()
    if gc.get_threshold() in _USUAL:
        gc.set_threshold(*_THRESHOLDS)
