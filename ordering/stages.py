"""The stages of an order, as its custom status tells them."""

from enum import Enum


class Stage(str, Enum):
    """Name the stages; the last five are ends."""

    CHECKING_INVENTORY = "CheckingInventory"
    AWAITING_PROCEED = "AwaitingProceed"
    PROCESSING_PAYMENT = "ProcessingPayment"
    INVOICED = "Invoiced"
    CANCELLED = "Cancelled"
    EXPIRED = "Expired"
    PAYMENT_DECLINED = "PaymentDeclined"
    FAILED = "Failed"
