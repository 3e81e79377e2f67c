"""App settings. Orchestrators read none: what they need is in their input."""

import os
from dataclasses import dataclass, field

from ordering.errors import SettingsError
from ordering.model import (
    DEFAULT_WAIT_SECONDS,
    LONGEST_RECHECK_SECONDS,
    LONGEST_WAIT_SECONDS,
)

STORAGE = "AzureWebJobsStorage"
WAIT_SECONDS = "ORDER_WAIT_SECONDS"
RECHECK_SECONDS = "ORDER_RECHECK_SECONDS"
PAYMENT_GATEWAY = "PAYMENT_GATEWAY"
STRIPE_API_KEY = "STRIPE_API_KEY"
STRIPE_API_BASE = "STRIPE_API_BASE"
SWEEP_SCHEDULE = "SWEEP_SCHEDULE"
ARCHIVE_SCHEDULE = "ARCHIVE_SCHEDULE"
RETENTION_DAYS = "ORDER_RETENTION_DAYS"
DEFAULT_RETENTION_DAYS = 90
EVERY_TWO_MINUTES = "0 */2 * * * *"
# ordering/shop.py, open_gateway, opens them; the first is the default.
GATEWAYS = ("ledger", "stripe")
EVERY_HOUR = "0 17 * * * *"


def order_wait_seconds() -> int:
    """Return how long an order may wait for stock in all: 7 days unless set."""
    return _seconds(WAIT_SECONDS, DEFAULT_WAIT_SECONDS, LONGEST_WAIT_SECONDS)


def order_recheck_seconds() -> int:
    """Return how long a waiting order goes without looking at the stock: at most a day."""
    return _seconds(RECHECK_SECONDS, LONGEST_RECHECK_SECONDS, LONGEST_RECHECK_SECONDS)


def order_retention_days() -> int:
    """Return for how many days an ended order is kept besides its invoice: 90 unless set."""
    return _whole_number(RETENTION_DAYS, DEFAULT_RETENTION_DAYS, 3650, "days")


def sweep_schedule() -> str:
    """Return when the sweep runs, as NCRONTAB: every two minutes unless set.

    Read here and not as `%SWEEP_SCHEDULE%` in the binding, which has no default: without the
    setting the host would not start the function (NameResolver, INameResolverExtensions.cs).
    """
    return os.environ.get(SWEEP_SCHEDULE, "").strip() or EVERY_TWO_MINUTES


def archive_schedule() -> str:
    """Return when ended orders are archived, as NCRONTAB: every hour unless set."""
    return os.environ.get(ARCHIVE_SCHEDULE, "").strip() or EVERY_HOUR


@dataclass(frozen=True)
class GatewaySettings:
    """Which gateway takes the money, by its name in GATEWAYS; the key is shown nowhere."""

    name: str = GATEWAYS[0]
    api_key: str = field(default="", repr=False)
    api_base: str | None = None


def payment_gateway() -> GatewaySettings:
    """Return which gateway takes the money; the ledger unless set. Raises SettingsError."""
    name = os.environ.get(PAYMENT_GATEWAY, "").strip() or GATEWAYS[0]
    if name not in GATEWAYS:
        named = ", ".join(GATEWAYS)
        raise SettingsError(
            f"The app setting {PAYMENT_GATEWAY} must be one of {named}, not {name!r}."
        )
    if name != "stripe":
        return GatewaySettings(name)
    key = os.environ.get(STRIPE_API_KEY, "").strip()
    if not key:
        raise SettingsError(
            f"The app setting {STRIPE_API_KEY} is missing; {PAYMENT_GATEWAY}=stripe needs it."
        )
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise SettingsError(f"The app setting {STRIPE_API_KEY} is not a key of Stripe's.")
    base = os.environ.get(STRIPE_API_BASE, "").strip().rstrip("/") or None
    if base and not base.startswith(("http://", "https://")):
        raise SettingsError(f"The app setting {STRIPE_API_BASE} must be a URL, not {base!r}.")
    return GatewaySettings(name, key, base)


def _seconds(name: str, default: int, most: int) -> int:
    return _whole_number(name, default, most, "seconds")


def _whole_number(name: str, default: int, most: int, unit: str) -> int:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= most):
        raise SettingsError(
            f"The app setting {name} must be a whole number of {unit} from 1 to {most}, "
            f"not {text!r}."
        )
    return int(text)
