"""The tasks that an action stands for on the extension's side, while its actions are replayed."""

from __future__ import annotations

from collections.abc import Callable, Sequence


class Task:
    """Stand for one thing that completes once: an activity, a timer, an event."""

    def __init__(self, *, done: bool = False) -> None:
        self._done = done
        self.failed = False
        self.result: str | None = None
        self._continuation: Callable[[], None] | None = None

    @property
    def done(self) -> bool:
        """Tell whether it has completed, failed or been cancelled."""
        return self._done

    def then(self, continuation: Callable[[], None]) -> None:
        """Call `continuation` in the moment of completion."""
        self._continuation = continuation

    def complete(self, *, failed: bool = False, result: str | None = None) -> None:
        """Complete the task; a second completion changes nothing. `result` is JSON text."""
        if self._done:
            return
        self._done = True
        self.failed = failed
        self.result = result
        if self._continuation is not None:
            self._continuation()


class WhenAny(Task):
    """Complete with the first child that completes."""

    def __init__(self, children: Sequence[Task]) -> None:
        super().__init__()
        self._children = children

    @property
    def done(self) -> bool:
        """Tell whether any child has completed."""
        return any(child.done for child in self._children)


class WhenAll(Task):
    """Complete when every child has: .NET waits for all of them, also after a failure."""

    def __init__(self, children: Sequence[Task]) -> None:
        super().__init__()
        self._children = children

    @property
    def done(self) -> bool:
        """Tell whether all children have completed."""
        return all(child.done for child in self._children)


class Retry(Task):
    """Run attempts with a timer between them, as durabletask's RetryInterceptor does.

    The last failure is followed by one more timer, due at once: older versions waited a whole
    interval there, and the SDK counts on the sequence id that it takes.
    """

    def __init__(
        self,
        attempts: int,
        schedule_attempt: Callable[[], Task],
        schedule_delay: Callable[[bool], Task],
    ) -> None:
        super().__init__()
        self._left = attempts
        self._schedule_attempt = schedule_attempt
        self._schedule_delay = schedule_delay
        self._attempt()

    def _attempt(self) -> None:
        self._left -= 1
        attempt = self._schedule_attempt()
        attempt.then(lambda: self._attempted(attempt))

    def _attempted(self, attempt: Task) -> None:
        if not attempt.failed:
            self.complete()
            return
        last = self._left <= 0
        delay = self._schedule_delay(last)
        delay.then(lambda: self.complete(failed=True) if last else self._attempt())
