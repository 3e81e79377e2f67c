"""What somebody did to an app, as far as it cannot be read from the app's own books."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

# As NotifyEvent logs it.
_FATES = re.compile(r"Message (\S+): \w+ (delivered to order|for order \S+ dropped)")


@dataclass
class Record:
    """Kept by whoever puts an app under load; all of it is optional.

    `accepted` are the orders that were answered with 202, `purged` those of which somebody deleted
    the orchestration, `stocked` is all that was put in of a
    SKU, `sent` maps the id of each queue message to its body, `poison` holds the bodies that were
    found in the poison queue, `log` is what the host printed, `statuses` counts the HTTP answers.
    """

    accepted: set[str] = field(default_factory=set)
    purged: set[str] = field(default_factory=set)
    stocked: Mapping[str, int] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    poison: list[str] = field(default_factory=list)
    log: str = ""
    statuses: Counter[int] = field(default_factory=Counter)

    def without_fate(self) -> list[str]:
        """Return the ids of the messages that were not delivered, dropped or poisoned."""
        done = {match[0] for match in _FATES.findall(self.log)}
        poison = set(self.poison)
        return [key for key, body in self.sent.items() if key not in done and body not in poison]
