"""What an exception of the durable client means. Pure: no client is needed to ask.

Client 1.x raises a bare Exception for every answer but 202; only the text tells them apart
(DurableOrchestrationClient.py, `raise_event`). Client 2.x raises gRPC errors with a `code()`.
"""

from __future__ import annotations

from enum import Enum


class Failure(Enum):
    """Why an event was not delivered."""

    FINISHED = "the order has already finished"
    UNKNOWN = "there is no such order"
    TROUBLE = "the host or its storage is in trouble"


def classify(error: BaseException) -> Failure:
    """Return why `raise_event` failed.

    410 is final. 404 may pass: the Azure Storage backend sends an order's start message before
    it writes the row that the host looks up (durable-extension#1989). Everything else may pass
    as well, an answer of unknown meaning included.
    """
    code = getattr(error, "code", None)
    if callable(code):
        name = getattr(code(), "name", "")
        by_code = {"NOT_FOUND": Failure.UNKNOWN, "FAILED_PRECONDITION": Failure.FINISHED}
        return by_code.get(name, Failure.TROUBLE)
    # Only the exact type: connection errors are Exceptions as well, and their text is free.
    if type(error) is Exception:
        text = str(error)
        if text.startswith("Instance with ID ") and " is gone" in text:
            return Failure.FINISHED
        if text.startswith("No instance with ID ") and text.endswith(" found."):
            return Failure.UNKNOWN
    return Failure.TROUBLE
