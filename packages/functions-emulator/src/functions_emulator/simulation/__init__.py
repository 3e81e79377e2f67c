"""One orchestrator in process, without any service, by the durable extension's rules."""

from functions_emulator.simulation.errors import HistoryDiffers, SimulationError
from functions_emulator.simulation.simulation import Simulation

__all__ = ["HistoryDiffers", "Simulation", "SimulationError"]
