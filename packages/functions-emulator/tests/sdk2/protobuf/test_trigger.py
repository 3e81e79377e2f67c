"""What the trigger hands over is what the messages say."""

import base64
from datetime import datetime, timedelta, timezone

import pytest
from durabletask.internal import orchestrator_service_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from functions_emulator.durable.answer import BadAnswer
from functions_emulator.durable.clock import to_text
from functions_emulator.durable.events import event_raised, execution_started, record
from functions_emulator.durable.instance import RUNNING, Instance, Status
from functions_emulator.durable.protobuf.history import history_event
from functions_emulator.durable.protobuf.orchestrators import read, trigger_body
from functions_emulator.durable.protobuf.values import timestamp

NOW = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=timezone.utc)


@given(st.lists(st.text(max_size=40000), max_size=4), st.lists(st.text(max_size=300), max_size=3))
def test_events_of_any_size_are_in_the_request_in_their_order(
    past: list[str], new: list[str]
) -> None:
    status = Status("id", "e1", "order", None, None, None, None, RUNNING, "", "")
    started = execution_started(NOW, "order", None, "id", "e1")
    history = [record(event) for event in (started, *(event_raised(NOW, "E", t) for t in past))]
    fresh = [record(event_raised(NOW, "E", text)) for text in new]
    for _ in range(2):  # made, and then kept
        body = trigger_body(Instance(status, history), fresh)
        request = pb.OrchestratorRequest.FromString(base64.b64decode(body))
        assert (request.instanceId, request.executionId.value) == ("id", "e1")
        assert list(request.pastEvents) == [history_event(each.event) for each in history]
        assert [each.eventRaised.input.value for each in request.newEvents] == new


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
