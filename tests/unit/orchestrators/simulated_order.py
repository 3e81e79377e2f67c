"""PlaceOrder in process, turn by turn, on the SDK that is installed."""

from datetime import datetime, timezone
from typing import Any

from durable_sdk import IS_2
from orchestrators.place_order import place_order

if IS_2:
    from tests.unit.orchestrators.simulation_sdk2 import Simulation
else:
    from functions_emulator.simulation import Simulation

PLACED = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)


class SimulatedOrder(Simulation):
    """One order; events given together are processed in one turn."""

    def __init__(
        self, data: Any, *, instance_id: str = "order-1", version: str | None = "1.0"
    ) -> None:
        super().__init__(place_order, data, instance_id=instance_id, version=version, now=PLACED)

    @property
    def stage(self) -> str:
        return str((self.custom_status or {}).get("stage"))
