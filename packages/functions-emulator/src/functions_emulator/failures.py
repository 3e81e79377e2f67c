"""How an invocation can fail, as the host gets to know it."""

from __future__ import annotations

from functions_emulator.app.tracebacks import user_traceback


class FunctionError(Exception):
    """The function, or a converter of its values, raised; its text is that of the exception.

    `type_name` is the class of the exception; `traceback` is its whole text, from the first frame
    of the app's own code on.
    """

    def __init__(self, type_name: str, message: str, traceback: str) -> None:
        super().__init__(message)
        self.type_name = type_name
        self.traceback = traceback

    @classmethod
    def of(cls, error: BaseException) -> FunctionError:
        """Make it of what a function has raised in this process."""
        return cls(type(error).__name__, str(error), user_traceback(error))


class WorkerLost(Exception):
    """The worker process ended before the function did; nobody knows how far that had come."""


class FunctionTimedOut(Exception):
    """The function ran for longer than host.json's functionTimeout allows."""


def failure_text(error: BaseException) -> str:
    """Return what a log shows of a failure: the traceback of the app, or the host's own words."""
    if isinstance(error, FunctionError):
        return error.traceback
    if isinstance(error, (WorkerLost, FunctionTimedOut)):
        return f"{type(error).__name__}: {error}"
    return user_traceback(error)
