"""Trying again: exponential backoff with full jitter, bounded in time."""

import random
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from tenacity import (
    RetryCallState,
    RetryError,
    Retrying,
    retry_if_exception_type,
    stop_before_delay,
)

from ordering.errors import Contention

Result = TypeVar("Result")


class Pace(NamedTuple):
    """How long to pause between tries, in seconds: at first, at most, and in all.

    With `times`, at first at least so many times as long as the last try took.
    """

    first: float = 0.01
    longest: float = 0.5
    total: float = 20.0
    times: float = 0.0


# Among those who race for a row, one that pauses for less than a few of the others' tries comes
# back to see it changed once more. How long a try takes depends on how far away storage is.
QUICK = Pace(times=8.0)


def retry(
    what: str, attempt: Callable[[], Result], on: type[Exception], pace: Pace = QUICK
) -> Result:
    """Call `attempt` until it does not raise `on`; return what it returns.

    Any other error passes through. Raises Contention, caused by the last `on`, instead of a pause
    that would end after `pace.total`. Full jitter spreads competitors best:
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    took = 0.0

    def timed() -> Result:
        nonlocal took
        begun = time.monotonic()
        try:
            return attempt()
        finally:
            took = time.monotonic() - begun

    def pause(state: RetryCallState) -> float:
        first = max(pace.first, pace.times * took)
        return random.uniform(0, min(first * 2.0 ** (state.attempt_number - 1), pace.longest))

    retrying = Retrying(
        wait=pause,
        stop=stop_before_delay(pace.total),
        retry=retry_if_exception_type(on),
    )
    try:
        return retrying(timed)
    except RetryError as error:
        tries = error.last_attempt.attempt_number
        raise Contention(
            f"{what}: others kept changing the same rows for {pace.total:g} s ({tries} tries). "
            "Try again."
        ) from error.last_attempt.exception()
