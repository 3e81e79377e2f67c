"""What the trigger hands over is what the messages say."""

import base64
from datetime import datetime, timedelta, timezone

import pytest
from durabletask.internal import orchestrator_service_pb2 as pb
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st

from functions_emulator.durable.answer import BadAnswer
from functions_emulator.durable.clock import to_text
from functions_emulator.durable.events import Recorded, event_raised, execution_started, record
from functions_emulator.durable.instance import RUNNING, Instance, Status
from functions_emulator.durable.known import KnownFunctions
from functions_emulator.durable.protobuf.history import history_event
from functions_emulator.durable.protobuf.orchestrators import read
from functions_emulator.durable.protobuf.request import common_fields, trigger_body
from functions_emulator.durable.protobuf.values import timestamp

NOW = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=timezone.utc)


KNOWN = KnownFunctions((), (), http_sleep_milliseconds=1234, default_version="7")
STATUS = Status("id", "e1", "order", None, None, None, None, RUNNING, "", "")


def asked(text: str) -> Recorded:
    return record(event_raised(NOW, "E", text))


def request_of(instance: Instance, new: list[Recorded]) -> pb.OrchestratorRequest:
    """Read what the SDK would: the events of the history, and those that are new."""
    body = trigger_body(instance, new, common_fields(KNOWN))
    request = pb.OrchestratorRequest.FromString(base64.b64decode(body))
    assert request.instanceId == "id"
    assert list(request.pastEvents) == [history_event(each.event) for each in instance.history]
    assert list(request.newEvents) == [history_event(each.event) for each in new]
    return request


@given(st.lists(st.lists(st.text(max_size=40000), max_size=3), max_size=4))
def test_events_of_any_size_are_in_the_request_in_their_order_turn_after_turn(
    turns: list[list[str]],
) -> None:
    instance = Instance(STATUS, [record(execution_started(NOW, "order", None, "id", "e1"))])
    for texts in turns:
        new = [asked(text) for text in texts]
        request_of(instance, new)
        request_of(instance, new)  # a turn that is taken again
        instance.history.extend(new)
    request_of(instance, [])


def test_a_request_has_the_settings_that_the_extension_leaves_to_the_sdk() -> None:
    properties = request_of(Instance(STATUS), []).properties
    assert MessageToDict(properties["HttpDefaultAsyncRequestSleepTimeMilliseconds"]) == 1234
    assert MessageToDict(properties["defaultVersion"]) == "7"
    assert MessageToDict(properties["IncludeState"]) is True
    assert MessageToDict(properties["IsExtendedSession"]) is False
    without = pb.OrchestratorRequest.FromString(common_fields(KnownFunctions((), ())))
    assert "defaultVersion" not in without.properties


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_an_execution_that_begins_anew_has_nothing_of_the_one_before(length: int) -> None:
    instance = Instance(STATUS, [asked("a"), asked("b")])
    request_of(instance, [asked("c")])
    instance.history.clear()
    instance.history.extend(asked(f"anew {number}") for number in range(length))
    request_of(instance, [])


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(timezone.utc)))
def test_times_keep_their_microseconds(moment: datetime) -> None:
    written = timestamp(to_text(moment))
    seconds = timedelta(seconds=written.seconds, microseconds=written.nanos // 1000)
    assert datetime(1970, 1, 1, tzinfo=timezone.utc) + seconds == moment


@pytest.mark.parametrize(
    "answer", ["", "%%%", "not base64", base64.b64encode(b"\xff\xff").decode()]
)
def test_an_answer_that_is_no_message_is_refused(answer: str) -> None:
    if not answer:
        assert read(answer).scheduled == []  # no bytes are an empty message
        return
    with pytest.raises(BadAnswer, match="returned no OrchestratorResponse"):
        read(answer)
