"""Under which version of the code an order was placed.

An order keeps the `defaultVersion` that host.json had then. docs/operations.md says how to change
PlaceOrder while orders are in flight.
"""

import re

import azure.durable_functions as df


def placed_under(context: df.DurableOrchestrationContext, version: str) -> bool:
    """Tell whether an order was placed under this version, such as "1.1", or a later one.

    False for one that was placed before host.json had a `defaultVersion`.
    """
    return bool(context.version) and _numbers(context.version) >= _numbers(version)


def _numbers(version: str) -> list[int]:
    """Return the numbers of a version without the zeros at its end: "1" is "1.0"."""
    numbers = [int(number) for number in re.findall(r"\d+", version)]
    while numbers and not numbers[-1]:
        numbers.pop()
    return numbers
