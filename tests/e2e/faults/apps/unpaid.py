"""The shop's app, whose payments are recorded and then reported as failed.

Takes the place of function_app.py in a copy of the app (tools/chaos/app_copy.py).
"""

import functools
from collections.abc import Callable
from typing import Any

from shop_app import app  # type: ignore[import-not-found]


def forgetful(activity: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @functools.wraps(activity)
    def run(order: Any) -> Any:
        activity(order)
        raise ConnectionError("the process dies between the charge and its record")

    return run


for builder in app._function_builders:
    function = builder._function
    if function.get_function_name() == "ProcessPayment":
        function._func = forgetful(function._func)
