"""The app as a host sees it, with whichever SDK is installed."""

import warnings

NAMES = {
    "StartOrder",
    "GetOrder",
    "ListOrders",
    "RaiseOrderEvent",
    "ListInventory",
    "GetInventory",
    "SetInventory",
    "RestockInventory",
    "NotifyEvent",
    "SweepOrders",
    "ArchiveOrders",
    "PlaceOrder",
    "CheckAndReserveInventory",
    "ProcessPayment",
    "ReleaseInventory",
    "RefundPayment",
}


def test_the_app_is_indexed_with_every_function() -> None:
    from function_app import app

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        functions = app.get_functions()
    # SDK 2.x adds functions of its own.
    names = {each.get_function_name() for each in functions}
    assert {name for name in names if not name.startswith("BuiltIn__")} == NAMES
