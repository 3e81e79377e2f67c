"""Wait for a condition that only the other process knows."""

import time
from collections.abc import Callable

FIRST_PAUSE = 0.002
LONGEST_PAUSE = 0.05


class Pauses:
    """Sleep between two looks, longer each time, until `seconds` are over."""

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._pause = FIRST_PAUSE

    @property
    def are_over(self) -> bool:
        """Tell whether the time is up."""
        return time.monotonic() >= self._deadline

    def sleep(self) -> None:
        """Pause once."""
        time.sleep(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Look until the condition holds; False when it does not within `seconds`."""
    pauses = Pauses(seconds)
    while not condition():
        if pauses.are_over:
            return condition()
        pauses.sleep()
    return True
