"""When a worker process that has ended is replaced: RpcFunctionInvocationDispatcher.cs."""

from __future__ import annotations

from dataclasses import dataclass, field

# WorkerConstants.WorkerRestartErrorIntervalThresholdInMinutes and ProcessRestartInterval.
FORGET_SECONDS = 30 * 60.0
HOST_INTERVAL = 10.0
ENDS_FOR_EACH_WORKER = 3
LONGEST_DELAY = 60.0
_FIRST_DELAY = 0.5


@dataclass
class Restarts:
    """Tell how long to wait before the next start.

    The host waits 10 s between starts and gives up after three ends for each worker that come
    within 30 minutes of each other. Here the first start is at once, the next ones soon, and
    after so many the waits grow on instead: a changed file may have cured it.
    """

    workers: int
    ends: list[float] = field(default_factory=list)

    def delay(self, now: float) -> float:
        """Note that a worker has ended; return the seconds until the next may start."""
        if self.ends and now - self.ends[-1] > FORGET_SECONDS:
            self.ends.clear()
        self.ends.append(now)
        rounds = (len(self.ends) - 1) // self.workers
        if rounds == 0:
            return 0.0
        limit = LONGEST_DELAY if self.exceeded else HOST_INTERVAL
        return float(min(_FIRST_DELAY * 2 ** min(rounds, 10), limit))

    @property
    def exceeded(self) -> bool:
        """Tell whether the Functions host would have given up."""
        return len(self.ends) > ENDS_FOR_EACH_WORKER * self.workers
