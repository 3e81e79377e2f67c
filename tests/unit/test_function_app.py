"""The app as a host sees it, with whichever SDK is installed."""

from pathlib import Path
from typing import Any

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
# Open to all, since it holds no data.
ANONYMOUS = {"GetPage"}
NAMES = {
    "StartOrder",
    "GetOrder",
    "ListOrders",
    "CountOrders",
    "RaiseOrderEvent",
    "GetOrderHistory",
    "GetPage",
    "ListInventory",
    "GetInventory",
    "SetInventory",
    "RestockInventory",
    "NotifyEvent",
    "ListFailedEvents",
    "ResendFailedEvent",
    "DeleteFailedEvent",
    "SweepOrders",
    "ArchiveOrders",
    "PlaceOrder",
    "CheckAndReserveInventory",
    "ProcessPayment",
    "ReleaseInventory",
    "RefundPayment",
}


def test_the_app_has_every_function_of_its_contract(functions: list[Any]) -> None:
    names = [each.get_function_name() for each in functions]
    assert set(names) >= NAMES
    assert len(names) == len(set(names))


def levels(functions: list[Any]) -> dict[str, str]:
    """Return which key each route asks for, by its function."""
    return {
        function.get_function_name(): binding.get_dict_repr()["authLevel"].name
        for function in functions
        for binding in function.get_bindings()
        if binding.type == "httpTrigger"
    }


def test_every_route_asks_for_a_function_key(functions: list[Any]) -> None:
    assert {name for name, level in levels(functions).items() if level != "FUNCTION"} <= ANONYMOUS


def test_every_route_is_in_one_group_of_keys(functions: list[Any]) -> None:
    section = OPERATIONS.read_text().split("\n## Keys", 1)[1].split("\n## ", 1)[0]
    table = [line for line in section.splitlines() if line.startswith("| ")][1:]
    named = [word.strip("`") for row in table for word in row.split("|")[2].split()]
    assert sorted(named) == sorted(levels(functions).keys() - ANONYMOUS)
