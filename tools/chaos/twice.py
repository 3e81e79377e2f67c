"""The shop's app with every activity run twice at once, as at-least-once delivery may do.

Takes the place of function_app.py in a copy of the app, which is called shop_app.py there.
"""

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from shop_app import app  # type: ignore[import-not-found]


def twice(activity: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return an activity that does all it does twice at once, and must answer the same."""

    @functools.wraps(activity)
    def run(order: Any) -> Any:
        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(activity, [order, order])
        if first != second:
            raise AssertionError(f"{activity.__name__} answered {first!r} and {second!r}")
        return second

    return run


for _builder in app._function_builders:
    _function = _builder._function
    if _function.get_trigger().type == "activityTrigger":
        _function._func = twice(_function._func)
