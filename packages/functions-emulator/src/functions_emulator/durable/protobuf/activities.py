"""What an orchestrator of SDK 2.x hears of an activity that failed.

Source: durable-extension OutOfProcMiddleware.cs, CallActivityAsync and GetFailureDetails.
"""

from __future__ import annotations

from typing import Any

from functions_emulator.durable.errors import MissingFunction
from functions_emulator.failures import FunctionError


def describe_failure(name: str, error: BaseException) -> tuple[str, None, dict[str, Any]]:
    """Give Reason, Details and FailureDetails."""
    if isinstance(error, FunctionError):
        kind, trace = error.type_name, error.traceback
        reason = f"Function '{name}' failed with an unhandled exception."
    else:
        kind, trace = type(error).__name__, None
        reason = str(error)
    details = {
        "ErrorType": kind,
        "ErrorMessage": str(error),
        "StackTrace": trace,
        "InnerFailure": None,
        "IsNonRetriable": isinstance(error, MissingFunction),
    }
    return reason, None, details
