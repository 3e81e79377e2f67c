"""What the orchestrator trigger hands to the SDK: base64 of an OrchestratorRequest.

Source: durable-extension OrchestrationTriggerAttributeBindingProvider.cs, BindAsync.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from durabletask.internal import orchestrator_service_pb2 as pb

from functions_emulator.durable.events import Recorded
from functions_emulator.durable.instance import Instance
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.protobuf.history import history_event

_LENGTH_DELIMITED = 2


def _tag(field: str) -> bytes:
    number: int = pb.OrchestratorRequest.DESCRIPTOR.fields_by_name[field].number
    return bytes((number << 3 | _LENGTH_DELIMITED,))


# A field of Recorded would cost apps on SDK 1.x something.
_WRITTEN = "written"
_PAST_EVENT, _NEW_EVENT = _tag("pastEvents"), _tag("newEvents")


class _Past:
    """The past events of an instance as a request has them: every turn hands over all of them."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._count = 0
        self._last: Recorded | None = None

    def of(self, history: Sequence[Recorded]) -> bytearray:
        """Write what has come since the last turn, and give it all; it is not to be changed."""
        # An execution that has begun anew has another history.
        known = self._count
        if known > len(history) or (known and history[known - 1] is not self._last):
            self._data, self._count = bytearray(), 0
        for recorded in history[self._count :]:
            _append(self._data, _PAST_EVENT, vars(recorded).pop(_WRITTEN, None) or _write(recorded))
            self._last = recorded
        self._count = len(history)
        return self._data


def common_fields(known: KnownFunctions) -> bytes:
    """Write what every request of an app has in common.

    The default version is there for the SDK to give to sub-orchestrations. 2.0.0rc3 does not look,
    so they have none unless the caller says one. Source of the names: durable-extension
    RemoteOrchestratorConfiguration.cs.
    """
    request = pb.OrchestratorRequest(entityParameters=pb.OrchestratorEntityParameters())
    properties = request.properties
    properties[
        "HttpDefaultAsyncRequestSleepTimeMilliseconds"
    ].number_value = known.http_sleep_milliseconds
    properties["IncludeState"].bool_value = True
    properties["IsExtendedSession"].bool_value = False
    properties["ExtendedSessionIdleTimeoutInSeconds"].number_value = 0
    if known.default_version:
        properties["defaultVersion"].string_value = known.default_version
    written: bytes = request.SerializeToString()
    return written


def trigger_body(instance: Instance, new: Sequence[Recorded], common: bytes) -> str:
    """Write the request of a turn with these new events; `common` are `common_fields`."""
    instance.written = past = instance.written or _Past()
    # A message is its fields one after the other, and each event is one.
    head = pb.OrchestratorRequest(instanceId=instance.status.instance_id)
    request = bytearray(head.SerializeToString())
    request += common
    request += past.of(instance.history)
    for recorded in new:
        data = vars(recorded)[_WRITTEN] = _write(recorded)  # soon it is one of the past
        _append(request, _NEW_EVENT, data)
    return base64.b64encode(request).decode()


def _write(recorded: Recorded) -> bytes:
    data: bytes = history_event(recorded.event).SerializeToString()
    return data


def _append(request: bytearray, tag: bytes, data: bytes) -> None:
    request += tag
    request += _varint(len(data))
    request += data


def _varint(number: int) -> bytes:
    if number < 0x80:
        return bytes((number,))
    written = bytearray()
    while number >= 0x80:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
