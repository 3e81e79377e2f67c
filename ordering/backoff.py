"""Trying again when others were faster."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ordering.errors import Contention


@dataclass(frozen=True)
class Backoff:
    """Exponential backoff with full jitter, all in seconds.

    Full jitter, a random share of the whole interval, spreads competitors best:
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    first: float = 0.01
    longest: float = 0.5
    total: float = 20.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def attempts(self, what: str) -> Iterator[int]:
        """Yield 1, 2, 3 ... with a pause between; raises Contention when the time is over."""
        end = self.clock() + self.total
        attempt, interval = 1, self.first
        while True:
            yield attempt
            pause = random.uniform(0, interval)
            if self.clock() + pause > end:
                raise Contention(
                    f"{what}: others kept changing the same rows for {self.total:g} s "
                    f"({attempt} attempts). Try again."
                )
            self.sleep(pause)
            attempt, interval = attempt + 1, min(interval * 2, self.longest)
