"""The retry policy of a function, `@app.retry`."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from functions_emulator.app.timespan import parse_timespan
from functions_emulator.errors import AppError

# SupportsRetryAttribute of the extensions, and functions-bindings-error-pages of the docs.
RETRIED_TRIGGERS = frozenset({"timerTrigger", "kafkaTrigger", "eventHubTrigger", "cosmosDBTrigger"})
_JITTER = 0.2  # RandomizedExponentialBackoffStrategy.cs


@dataclass(frozen=True)
class RetryPolicy:
    """How often and when a failed run is tried again; -1 is for ever.

    With a `maximum` the delay grows from `minimum` to it, without one it stays; both in seconds.
    """

    max_retry_count: int
    minimum: float
    maximum: float | None = None

    @classmethod
    def of(cls, function_name: str, settings: Mapping[str, Any]) -> "RetryPolicy":
        """Read the decorator's settings; raise AppError for what the host refuses."""
        where = f"cannot load function {function_name}: @app.retry"
        try:
            count = int(settings["max_retry_count"])
            if count < -1:
                raise ValueError(f"max_retry_count is {count}; it must be -1 or more")
            strategy = settings["strategy"]
            if strategy == "fixed_delay":
                return cls(count, _interval(settings, "delay_interval"))
            if strategy != "exponential_backoff":
                raise ValueError(
                    f"strategy is {strategy!r}; there are fixed_delay and exponential_backoff"
                )
            least = _interval(settings, "minimum_interval")
            most = _interval(settings, "maximum_interval")
            if least > most:
                raise ValueError("minimum_interval is longer than maximum_interval")
        except (KeyError, TypeError, ValueError) as error:
            raise AppError(f"{where}: {error}.") from error
        return cls(count, least, most)

    def described(self) -> tuple[int, float, float | None]:
        """Write it with plain values, which make it again."""
        return (self.max_retry_count, self.minimum, self.maximum)

    def delays(self) -> Iterator[float]:
        """Yield the seconds before each try, endlessly."""
        least, most = self.minimum, self.maximum
        if most is None:
            while True:
                yield least
        delay, factor = least, 1.0
        while delay < most:
            yield delay
            delay = least + least * factor * random.uniform(1 - _JITTER, 1 + _JITTER)
            factor = min(factor * 2, 2.0**60)
        while True:
            yield most


def _interval(settings: Mapping[str, Any], name: str) -> float:
    value = settings.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} is missing; write one such as 00:00:10")
    span = parse_timespan(value)
    if span < timedelta(0):
        raise ValueError(f"{name} is negative")
    return span.total_seconds()
