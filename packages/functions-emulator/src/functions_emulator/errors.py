"""The error for whoever runs the emulator."""


class AppError(Exception):
    """Say in one line what is wrong with the app or its surroundings and what to do.

    `details`, if any, is the traceback of the app's own code, without frames of the emulator.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details
