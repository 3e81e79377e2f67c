"""Trying again: exponential backoff with full jitter, bounded in time."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception_type,
    stop_before_delay,
    wait_random_exponential,
)

from ordering.errors import Contention

Result = TypeVar("Result")


class Pace(NamedTuple):
    """How long to pause between tries, in seconds: at first, at most, and in all."""

    first: float = 0.01
    longest: float = 0.5
    total: float = 20.0


QUICK = Pace()


def retry(
    what: str, attempt: Callable[[], Result], on: type[Exception], pace: Pace = QUICK
) -> Result:
    """Call `attempt` until it does not raise `on`; return what it returns.

    Any other error passes through. Raises Contention, caused by the last `on`, instead of a pause
    that would end after `pace.total`. Full jitter spreads competitors best:
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    retrying = Retrying(
        wait=wait_random_exponential(multiplier=pace.first, max=pace.longest),
        stop=stop_before_delay(pace.total),
        retry=retry_if_exception_type(on),
    )
    try:
        return retrying(attempt)
    except RetryError as error:
        tries = error.last_attempt.attempt_number
        raise Contention(
            f"{what}: others kept changing the same rows for {pace.total:g} s ({tries} tries). "
            "Try again."
        ) from error.last_attempt.exception()
