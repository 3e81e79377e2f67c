"""Times as they are stored and sent: ISO 8601, UTC, with Z."""

from datetime import datetime, timezone


def utc_now() -> datetime:
    """Return the time of now, in UTC."""
    return datetime.now(timezone.utc)


def moment(text: str) -> datetime:
    """Return the moment of a timestamp in whole seconds."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def timestamp(moment: datetime, precision: str = "seconds") -> str:
    """Return a moment as `2026-11-22T19:45:09Z`; without a time zone it is taken as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    utc = moment.astimezone(timezone.utc).replace(tzinfo=None)
    return utc.isoformat(timespec=precision) + "Z"
