"""When a worker process that has ended is replaced: RpcFunctionInvocationDispatcher.cs."""

from __future__ import annotations

from dataclasses import dataclass

# WorkerProcessCountOptions.ProcessRestartInterval.
HOST_INTERVAL = 10.0
ENDS_FOR_EACH_WORKER = 3
LONGEST_DELAY = 60.0
_FIRST_DELAY = 0.5


@dataclass
class Restarts:
    """Tell how long to wait before the next start.

    The host waits 10 s between starts, and gives up after three ends for each worker that come
    within 30 minutes of each other. Here a start is at once after a worker that had been there for
    so long; one that ends sooner makes the next wait longer, without an end: a changed file may
    have cured it.
    """

    workers: int
    ends: int = 0

    def delay(self, lived: float) -> float:
        """Note that a worker has ended after so many seconds; return those until the next start."""
        if lived >= HOST_INTERVAL:
            self.ends = 0
        self.ends += 1
        rounds = (self.ends - 1) // self.workers
        if rounds == 0:
            return 0.0
        limit = LONGEST_DELAY if self.exceeded else HOST_INTERVAL
        return float(min(_FIRST_DELAY * 2 ** min(rounds, 10), limit))

    @property
    def exceeded(self) -> bool:
        """Tell whether the Functions host would have given up."""
        return self.ends > ENDS_FOR_EACH_WORKER * self.workers
