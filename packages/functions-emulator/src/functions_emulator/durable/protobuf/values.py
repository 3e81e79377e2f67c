"""Small values: times, optional texts, and the details of a failure."""

from __future__ import annotations

from datetime import timezone
from typing import Any

from durabletask.internal import orchestrator_service_pb2 as pb
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import StringValue

from functions_emulator.durable.clock import from_text, to_text


def timestamp(text: str) -> Timestamp:
    """Write a history text as a timestamp."""
    moment = from_text(text)
    return Timestamp(seconds=int(moment.timestamp() // 1), nanos=moment.microsecond * 1000)


def moment(message: Any, field: str) -> str | None:
    """Read a timestamp as a history text; None if it is not set."""
    if not message.HasField(field):
        return None
    return to_text(getattr(message, field).ToDatetime(tzinfo=timezone.utc))


def string(text: str | None) -> StringValue | None:
    """Write a text that may be missing."""
    return None if text is None else StringValue(value=text)


def text(message: Any, field: str) -> str | None:
    """Read a text that may be missing."""
    return str(getattr(message, field).value) if message.HasField(field) else None


def failure(details: dict[str, Any] | None) -> pb.TaskFailureDetails | None:
    """Write durabletask's FailureDetails, as they are in a history."""
    if details is None:
        return None
    written = pb.TaskFailureDetails(
        errorType=details.get("ErrorType") or "",
        errorMessage=details.get("ErrorMessage") or "",
        stackTrace=string(details.get("StackTrace")),
        innerFailure=failure(details.get("InnerFailure")),
        isNonRetriable=bool(details.get("IsNonRetriable")),
    )
    for name, value in (details.get("Properties") or {}).items():
        ParseDict(value, written.properties[name])
    return written


def failure_details(read: pb.TaskFailureDetails) -> dict[str, Any]:
    """Read FailureDetails as durabletask keeps them in a history."""
    details = {
        "ErrorType": read.errorType,
        "ErrorMessage": read.errorMessage,
        "StackTrace": text(read, "stackTrace"),
        "InnerFailure": (
            failure_details(read.innerFailure) if read.HasField("innerFailure") else None
        ),
        "IsNonRetriable": read.isNonRetriable,
    }
    if read.properties:
        properties = read.properties.items()
        details["Properties"] = {name: MessageToDict(value) for name, value in properties}
    return details


def told(details: dict[str, Any]) -> str:
    """Say of a failure what a status shows of it: .NET's FailureDetails.ToString()."""
    return f"{details['ErrorType']}: {details['ErrorMessage']}"
