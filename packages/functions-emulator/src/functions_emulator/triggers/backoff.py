"""Delays between polls of a queue (RandomizedExponentialBackoffStrategy.cs)."""

import random
from collections.abc import Callable
from dataclasses import dataclass

MINIMUM_SECONDS = 0.1
RANDOMIZATION = 0.2


@dataclass
class PollingBackoff:
    """Grows from 100 ms to `maximum` seconds while nothing is found, about doubling each time."""

    maximum: float
    minimum: float = MINIMUM_SECONDS
    uniform: Callable[[float, float], float] = random.uniform
    _current: float = 0.0
    _exponent: int = 0

    def next_delay(self, found: bool) -> float:
        """Return the seconds to wait; `found` tells of a message since the last delay."""
        if found:
            self._current, self._exponent = self.minimum, 1
        elif self._current != self.maximum:
            delay = self.minimum
            if self._exponent > 0:
                spread = self.uniform(1 - RANDOMIZATION, 1 + RANDOMIZATION)
                delay += spread * 2 ** (self._exponent - 1) * self.minimum
            if delay < self.maximum:
                self._current = delay
                self._exponent += 1
            else:
                self._current = self.maximum
        return self._current
