"""Coming to rest after a round: what waits is woken, what fails is tried again, all ends."""

from __future__ import annotations

from urllib.parse import urlencode

from tools.audit.record import Record
from tools.chaos.management import INSTANCES
from tools.chaos.placed import Placed
from tools.chaos.rig import Rig
from tools.http_client import request
from tools.processes import ToolError, wait_until

# Of real time. A wake-up that got lost is healed by the sweep, which is run by hand here.
PATIENCE = 120.0
RETRY_SECONDS = 5
# Beyond the longest wait of an order, and every retry of a compensation.
LONG_AFTER = 8 * 86400
LIVE = "Running,Pending,Suspended,ContinuedAsNew"


class Rest:
    """Brings the orders of a round to their ends."""

    def __init__(self, rig: Rig, prefix: str, record: Record, placed: Placed) -> None:
        self._rig = rig
        self._prefix = prefix
        self._record = record
        self._placed = placed

    def come(self) -> None:
        """Wait until no order is under way; those that then wait for stock expire.

        What is left after that is the audit's to tell.
        """
        doomed = {
            order.order_id for order in self._placed.latest(10**6) if order.scenario == "expired"
        }
        # After a restart it waits again, for stock that was never promised.
        doomed |= self._placed.those("restart") | self._placed.those("purge")
        wait_until(lambda: self._step(doomed), PATIENCE, 0.5)
        self._rig.advance(LONG_AFTER)
        wait_until(lambda: self._step(set()), PATIENCE, 0.5)

    def live(self) -> set[str]:
        """Return the orders of the round that have not ended."""
        query = urlencode(
            {
                "instanceIdPrefix": self._prefix,
                "runtimeStatus": LIVE,
                "top": "1000",
                "showInput": "false",
            }
        )
        answer = request("GET", f"{self._rig.base_url}{INSTANCES}?{query}")
        if answer.status != 200:
            raise ToolError(f"The list of orders was answered with {answer.status}.")
        return {entry["instanceId"] for entry in answer.json()}

    def _step(self, doomed: set[str]) -> bool:
        """Do what time, an operator and the sweep would do; tell whether all is done."""
        self._rig.messages.replay_poison(self._record, self._placed.those("purge"))
        live = self.live()
        if not live - doomed and not self._rig.messages.length() and self._rig.is_at_rest():
            return True
        self._rig.advance(RETRY_SECONDS)
        self._rig.sweep()
        return False
