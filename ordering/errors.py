"""What can go wrong in the shop that is neither bad input nor a business refusal."""


class OrderingError(Exception):
    """Base of the shop's own errors; the text is one line for a person."""


class SettingsError(OrderingError):
    """An app setting is missing or wrong."""


class StorageUnavailable(OrderingError):
    """Storage cannot be reached or answers with an error; trying again later may help."""


class Contention(OrderingError):
    """Others kept changing the same rows; trying again later helps."""


class NotReserved(OrderingError):
    """The order holds no stock, so it must not be charged."""


class MixedCurrencies(OrderingError):
    """The lines of an order are priced in more than one currency."""


class OrderClosed(OrderingError):
    """The payment was cancelled, so it must not be taken any more."""


class GatewayUnavailable(OrderingError):
    """The payment provider cannot be reached or refuses to work; trying again later may help."""
