"""The gRPC service answers whoever calls it, and never leaves a caller waiting for nothing."""

import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.internal.orchestrator_service_pb2_grpc import TaskHubSidecarServiceStub
from google.protobuf.empty_pb2 import Empty
from google.protobuf.wrappers_pb2 import StringValue

from tests.e2e.sample_host import SampleHost

SERVICE = "/TaskHubSidecarService/"
SECONDS = 20.0


@pytest.fixture
def channel(patterns: SampleHost) -> Iterator[grpc.Channel]:
    answer = patterns.session.get(f"{patterns.host.base_url}/api/binding", timeout=30)
    binding = answer.json()
    assert binding["taskHubName"] == "Patterns"
    assert binding["maxGrpcMessageSizeInBytes"] == 4 * 1024 * 1024
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(binding["rpcBaseUrl"].removeprefix("http://"), options) as opened:
        yield opened


@pytest.fixture
def stub(channel: grpc.Channel) -> Any:
    return TaskHubSidecarServiceStub(channel)


def refused(call: Any, *arguments: Any, **options: Any) -> tuple[str, str]:
    """Give the status code and the text of a call that is refused."""
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments, timeout=SECONDS, **options)
    return caught.value.code().name, caught.value.details()


@pytest.mark.parametrize("header", ["taskhub", "durable-taskhub"])
def test_another_task_hub_is_refused_and_ours_is_named(stub: Any, header: str) -> None:
    code, text = refused(stub.Hello, Empty(), metadata=[(header, "Other")])
    assert code == "INVALID_ARGUMENT"
    assert "no task hub 'Other'" in text and "'Patterns'" in text
    stub.Hello(Empty(), timeout=SECONDS, metadata=[(header, "patterns")])
    stub.Hello(Empty(), timeout=SECONDS)


def test_nothing_is_done_or_shown_for_another_task_hub(stub: Any) -> None:
    other = [("taskhub", "Other")]
    start = pb.CreateInstanceRequest(name="asks", instanceId="of-another-hub")
    assert refused(stub.StartInstance, start, metadata=other)[0] == "INVALID_ARGUMENT"
    wanted = pb.GetInstanceRequest(instanceId="of-another-hub")
    assert not stub.GetInstance(wanted, timeout=SECONDS).exists
    stub.StartInstance(start, timeout=SECONDS)
    stub.WaitForInstanceStart(wanted, timeout=SECONDS)
    event = pb.RaiseEventRequest(instanceId="of-another-hub", name="Go")
    assert refused(stub.RaiseEvent, event, metadata=other)[0] == "INVALID_ARGUMENT"
    with pytest.raises(grpc.RpcError) as caught:
        history = pb.StreamInstanceHistoryRequest(instanceId="of-another-hub")
        list(stub.StreamInstanceHistory(history, timeout=SECONDS, metadata=other))
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    stub.TerminateInstance(pb.TerminateRequest(instanceId="of-another-hub"), timeout=SECONDS)
    ended = stub.WaitForInstanceCompletion(wanted, timeout=SECONDS).orchestrationState
    assert ended.orchestrationStatus == pb.ORCHESTRATION_STATUS_TERMINATED


@pytest.mark.parametrize(
    ("method", "why"),
    [
        (f"{SERVICE}GetWorkItems", "the Durable extension does not serve it"),
        (f"{SERVICE}ListInstanceIds", "the Durable extension does not serve it"),
        (f"{SERVICE}Invent", "it is no method of TaskHubSidecarService"),
        ("/Other/Hello", "it is no method of TaskHubSidecarService"),
    ],
)
@pytest.mark.parametrize("kind", ["unary_unary", "unary_stream", "stream_stream"])
def test_an_unknown_method_is_named(
    channel: grpc.Channel, method: str, why: str, kind: str
) -> None:
    request = iter([b""]) if kind == "stream_stream" else b""
    call = getattr(channel, kind)(method)
    with pytest.raises(grpc.RpcError) as caught:
        answer = call(request, timeout=SECONDS)
        list(answer)
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert method in caught.value.details() and why in caught.value.details()


@pytest.mark.parametrize("data", [b"\xff\xff\xff", b"\x0a\x05abc", b"\x00"])
def test_garbage_is_refused(channel: grpc.Channel, data: bytes) -> None:
    code, text = refused(channel.unary_unary(f"{SERVICE}StartInstance"), data)
    assert code == "INVALID_ARGUMENT"
    assert "The request of StartInstance is no CreateInstanceRequest" in text
    stream = channel.unary_stream(f"{SERVICE}StreamInstanceHistory")
    with pytest.raises(grpc.RpcError) as caught:
        list(stream(data, timeout=SECONDS))
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_the_server_takes_and_sends_messages_of_more_than_4_mb(stub: Any) -> None:
    text = json.dumps("x" * (6 * 1024 * 1024))
    request = pb.CreateInstanceRequest(name="echo_input", input=StringValue(value=text))
    id_ = stub.StartInstance(request, timeout=SECONDS).instanceId
    wanted = pb.GetInstanceRequest(instanceId=id_, getInputsAndOutputs=True)
    ended = stub.WaitForInstanceCompletion(wanted, timeout=2 * SECONDS)
    assert ended.orchestrationState.output.value == text
    history = pb.StreamInstanceHistoryRequest(instanceId=id_)
    chunks = list(stub.StreamInstanceHistory(history, timeout=SECONDS))
    assert len(chunks) > 1
    assert sum(len(chunk.events) for chunk in chunks) == 4


def test_an_event_of_more_than_4_mb_reaches_its_orchestration(stub: Any) -> None:
    text = json.dumps("x" * (5 * 1024 * 1024))
    id_ = stub.StartInstance(pb.CreateInstanceRequest(name="asks"), timeout=SECONDS).instanceId
    event = pb.RaiseEventRequest(instanceId=id_, name="Go", input=StringValue(value=text))
    stub.RaiseEvent(event, timeout=SECONDS)
    wanted = pb.GetInstanceRequest(instanceId=id_, getInputsAndOutputs=True)
    ended = stub.WaitForInstanceCompletion(wanted, timeout=2 * SECONDS)
    assert ended.orchestrationState.output.value == text


def test_the_client_of_the_sdk_refuses_to_send_more_than_the_binding_says(
    patterns: SampleHost,
) -> None:
    url = f"{patterns.host.base_url}/api/big"
    fits = patterns.session.get(f"{url}/1900000", timeout=60)
    assert (fits.status_code, fits.text) == (200, "1900000")  # with input and output: 3.8 MB
    large = patterns.session.get(f"{url}/5000000", timeout=60)
    assert large.status_code == 413
    assert "RESOURCE_EXHAUSTED" in large.text and "larger than max" in large.text


def test_what_cannot_be_done_has_a_code_and_says_why(stub: Any) -> None:
    ended = stub.StartInstance(pb.CreateInstanceRequest(name="echo_input"), timeout=SECONDS)
    live = stub.StartInstance(pb.CreateInstanceRequest(name="asks"), timeout=SECONDS)
    for id_, wait in (
        (ended.instanceId, stub.WaitForInstanceCompletion),
        (live.instanceId, stub.WaitForInstanceStart),
    ):
        wait(pb.GetInstanceRequest(instanceId=id_), timeout=SECONDS)
    again = pb.CreateInstanceRequest(name="asks", instanceId=live.instanceId)
    assert refused(stub.StartInstance, again)[0] == "ALREADY_EXISTS"
    bad = pb.CreateInstanceRequest(name="asks", instanceId="a/b")
    assert refused(stub.StartInstance, bad)[0] == "INTERNAL"
    for id_, code in ((ended.instanceId, "FAILED_PRECONDITION"), ("nobody", "NOT_FOUND")):
        for call, request in (
            (stub.RaiseEvent, pb.RaiseEventRequest(instanceId=id_, name="Go")),
            (stub.TerminateInstance, pb.TerminateRequest(instanceId=id_)),
            (stub.SuspendInstance, pb.SuspendRequest(instanceId=id_)),
            (stub.ResumeInstance, pb.ResumeRequest(instanceId=id_)),
            (stub.RewindInstance, pb.RewindInstanceRequest(instanceId=id_)),
        ):
            assert refused(call, request)[0] == code
    nobody = pb.StreamInstanceHistoryRequest(instanceId="nobody")
    with pytest.raises(grpc.RpcError) as caught:
        list(stub.StreamInstanceHistory(nobody, timeout=SECONDS))
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND
    assert refused(stub.ResumeInstance, pb.ResumeRequest(instanceId=live.instanceId))[0] == (
        "FAILED_PRECONDITION"
    )
    nameless = pb.RaiseEventRequest(instanceId=live.instanceId)
    assert refused(stub.RaiseEvent, nameless)[0] == "INVALID_ARGUMENT"
    assert refused(stub.RaiseEvent, pb.RaiseEventRequest(instanceId="@a@b", name="Go"))[0] == (
        "INVALID_ARGUMENT"
    )
    assert refused(stub.PurgeInstances, pb.PurgeInstancesRequest())[0] == "INVALID_ARGUMENT"
    assert refused(stub.SignalEntity, pb.SignalEntityRequest(instanceId="x"))[0] == (
        "INVALID_ARGUMENT"
    )


def test_who_waits_for_too_long_is_told_so_at_the_deadline(stub: Any) -> None:
    live = stub.StartInstance(pb.CreateInstanceRequest(name="asks"), timeout=SECONDS)
    for id_ in (live.instanceId, "nobody"):
        with pytest.raises(grpc.RpcError) as caught:
            stub.WaitForInstanceCompletion(pb.GetInstanceRequest(instanceId=id_), timeout=0.5)
        assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_query_gives_pages_without_entities_and_payloads_where_asked_for(stub: Any) -> None:
    for number in range(5):
        request = pb.CreateInstanceRequest(
            name="echo_input", instanceId=f"paged-{number}", input=StringValue(value=str(number))
        )
        stub.StartInstance(request, timeout=SECONDS)
        wanted = pb.GetInstanceRequest(instanceId=f"paged-{number}")
        stub.WaitForInstanceCompletion(wanted, timeout=SECONDS)
    found, token = [], None
    while True:
        query = pb.InstanceQuery(
            instanceIdPrefix=StringValue(value="paged-"),
            runtimeStatus=[pb.ORCHESTRATION_STATUS_COMPLETED],
            maxInstanceCount=2,
            continuationToken=StringValue(value=token) if token else None,
            fetchInputsAndOutputs=True,
        )
        page = stub.QueryInstances(pb.QueryInstancesRequest(query=query), timeout=SECONDS)
        found += [(each.instanceId, each.output.value) for each in page.orchestrationState]
        if not page.HasField("continuationToken"):
            break
        token = page.continuationToken.value
    assert found == [(f"paged-{number}", str(number)) for number in range(5)]
    everything = pb.QueryInstancesRequest(query=pb.InstanceQuery(maxInstanceCount=10_000))
    states = stub.QueryInstances(everything, timeout=SECONDS).orchestrationState
    assert not any(each.instanceId.startswith("@") for each in states)
    assert not any(each.HasField("input") for each in states)
    bad = pb.InstanceQuery(continuationToken=StringValue(value="%%"))
    code, _ = refused(stub.QueryInstances, pb.QueryInstancesRequest(query=bad))
    assert code == "INVALID_ARGUMENT"


def test_a_start_for_later_waits_for_its_time(patterns: SampleHost, stub: Any) -> None:
    request = pb.CreateInstanceRequest(name="echo_input", instanceId="for-later")
    far = patterns.session.get(f"{patterns.host.base_url}/admin/emulator/clock", timeout=30).json()
    request.scheduledStartTimestamp.FromJsonString(far["now"].replace("+00:00", "Z"))
    request.scheduledStartTimestamp.seconds += 3600
    stub.StartInstance(request, timeout=SECONDS)
    assert patterns.status("for-later")["runtimeStatus"] == "Pending"
    patterns.advance(3601)
    assert patterns.wait_for("for-later")["runtimeStatus"] == "Completed"
