"""The kinds of faults, and how often each is wanted among ten thousand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of fault: `target` says who makes it happen, `share` how many of 10,000 there are."""

    name: str
    target: str
    share: int
    title: str


# What a wire can do to one request: see wire.py.
_STORAGE = (
    Kind("storage-reset", "storage", 1000, "Storage: connection reset, nothing done"),
    Kind("storage-500", "storage", 900, "Storage: 500, nothing done"),
    Kind("storage-429", "storage", 600, "Storage: 429 with Retry-After"),
    Kind("storage-503", "storage", 900, "Storage: 503 ServerBusy with Retry-After"),
    Kind("storage-lost", "storage", 1300, "Storage: answer lost after the work was done"),
    Kind("storage-late", "storage", 1200, "Storage: answer late, up to 11 s"),
)
_STRIPE = (
    Kind("stripe-reset", "stripe", 250, "Stripe: connection reset, nothing done"),
    Kind("stripe-500", "stripe", 300, "Stripe: 500, done or not, kept under its key"),
    Kind("stripe-429", "stripe", 200, "Stripe: 429"),
    Kind("stripe-503", "stripe", 200, "Stripe: 503"),
    Kind("stripe-lost", "stripe", 350, "Stripe: answer lost after the work was done"),
    Kind("stripe-late", "stripe", 250, "Stripe: answer late, up to 21 s"),
)
_MESSAGES = (
    Kind("message-doubled", "message", 450, "Event message doubled"),
    Kind("message-delayed", "message", 300, "Event message delayed by seconds"),
    Kind("message-reordered", "message", 250, "Event message overtaken by the next ones"),
)
_ACTIVITIES = (
    Kind("activity-twice", "activity", 450, "Activity run twice at once"),
    Kind("activity-again", "activity", 400, "Activity run again later, also after the order's end"),
)
_DONE = (
    Kind("terminate", "management", 120, "Order terminated"),
    Kind("suspend", "management", 120, "Order suspended, then resumed"),
    Kind("purge", "management", 70, "Order purged, alive or ended"),
    Kind("restart", "management", 80, "Ended order restarted under its own id"),
    Kind("restart-copy", "management", 40, "Order restarted under another id"),
    Kind("clock-jump", "clock", 90, "Clock moved forward by up to a minute"),
    Kind("worker-killed", "process", 110, "Worker process killed with -9"),
    Kind("host-killed", "process", 40, "Host killed with -9 and started again"),
    Kind("azurite-stopped", "process", 30, "Azurite stopped and started again"),
)

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (*_STORAGE, *_STRIPE, *_MESSAGES, *_ACTIVITIES, *_DONE)
}
# They wait for a request, a message or an activity to happen to.
ARMED = frozenset({"storage", "stripe", "message", "activity"})
# Who takes the money; of the app's own gateways.
STRIPE, LEDGER = "stripe", "ledger"
# After one of these the host itself may answer 500 or nothing to what was under way.
DEADLY = frozenset({"worker-killed", "host-killed"})


def chosen(text: str = "", gateway: str = STRIPE) -> list[str]:
    """Return the kinds whose names hold one of the words of a text, all for an empty one.

    Without those of Stripe if it takes no money.
    """
    words = text.lower().replace(",", " ").split()
    return [
        name
        for name, kind in KINDS.items()
        if (not words or any(word in name for word in words))
        and (gateway == STRIPE or kind.target != STRIPE)
    ]
