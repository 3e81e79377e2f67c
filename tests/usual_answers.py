"""What the activities answer while an order goes as it usually does.

A step that is added to PlaceOrder gets a line in BESIDE. The tests of the other steps do not see
it then: it is answered at once.
"""

from typing import Any

CHECK = "CheckAndReserveInventory"
PAY = "ProcessPayment"
RELEASE = "ReleaseInventory"
REFUND = "RefundPayment"

INVOICE = {"invoiceId": "INV-order-1", "total": 700}
USUAL: dict[str, Any] = {
    CHECK: True,
    PAY: {"status": "charged", "invoice": INVOICE},
    RELEASE: {"released": True},
    REFUND: {"refunded": 0},
}
BESIDE: dict[str, Any] = {
    # "ShipOrder": {"shipmentId": "SHIP-1"},
}


def usual(name: str) -> Any:
    """Return what an activity usually answers; says where to add one that is not known."""
    known = USUAL | BESIDE
    assert name in known, (
        f"PlaceOrder calls {name}, and the tests do not know what it answers. "
        f"Add it to BESIDE in tests/usual_answers.py."
    )
    return known[name]
