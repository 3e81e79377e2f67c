"""App settings. Orchestrators read none: what they need is in their input."""

import os

from ordering.contracts import (
    DEFAULT_WAIT_SECONDS,
    LONGEST_RECHECK_SECONDS,
    LONGEST_WAIT_SECONDS,
)
from ordering.errors import SettingsError

STORAGE = "AzureWebJobsStorage"
WAIT_SECONDS = "ORDER_WAIT_SECONDS"
RECHECK_SECONDS = "ORDER_RECHECK_SECONDS"


def storage_connection_string() -> str:
    """Return the connection string of the app's storage account; raises SettingsError."""
    value = os.environ.get(STORAGE, "").strip()
    if not value:
        raise SettingsError(
            f"The app setting {STORAGE} is missing. Locally, local.settings.json sets it to "
            "UseDevelopmentStorage=true."
        )
    return value


def order_wait_seconds() -> int:
    """Return how long an order may wait for stock in all: 7 days unless set."""
    return _seconds(WAIT_SECONDS, DEFAULT_WAIT_SECONDS, LONGEST_WAIT_SECONDS)


def order_recheck_seconds() -> int:
    """Return how long a waiting order goes without looking at the stock: at most a day."""
    return _seconds(RECHECK_SECONDS, LONGEST_RECHECK_SECONDS, LONGEST_RECHECK_SECONDS)


def _seconds(name: str, default: int, most: int) -> int:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= most):
        raise SettingsError(
            f"The app setting {name} must be a whole number of seconds from 1 to {most}, "
            f"not {text!r}."
        )
    return int(text)
