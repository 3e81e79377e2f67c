"""What a simulation refuses."""


class SimulationError(AssertionError):
    """The orchestrator does what a test did not provide for, or a test what cannot be."""


class HistoryDiffers(SimulationError):
    """The code of today does not do what a stored history says: an instance would fail on it."""
