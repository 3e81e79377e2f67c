"""PlaceOrder in process, turn by turn, on the SDK that is installed."""

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from durable_sdk import IS_2
from orchestrators.place_order import place_order
from tests.usual_answers import USUAL, usual

if IS_2:
    from tests.unit.orchestrators.simulation_sdk2 import Simulation
else:
    from functions_emulator.simulation import Simulation

PLACED = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
ROOT = Path(__file__).parents[3]
HOST = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
# What an order is placed under today.
VERSION = HOST["extensions"]["durableTask"]["defaultVersion"]


class SimulatedOrder(Simulation):
    """One order; events given together are processed in one turn.

    What it calls beside the four steps that the tests here are about is answered at once.
    """

    def __init__(
        self, data: Any, *, instance_id: str = "order-1", version: str | None = VERSION
    ) -> None:
        super().__init__(place_order, data, instance_id=instance_id, version=version, now=PLACED)

    def turn(self, *events: Any) -> None:
        """Process events in one turn, and in further turns what was called beside the steps."""
        super().turn(*events)
        while beside := [name for name in self.waits_for if name not in USUAL]:
            super().turn(self.completed(beside[0], usual(beside[0])))

    @property
    def stage(self) -> str:
        return str((self.custom_status or {}).get("stage"))
