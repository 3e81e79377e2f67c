"""What the durable client says, told apart: by the real client 1.x, and by stand-ins of 2.x."""

import asyncio
import json
from datetime import datetime, timedelta, timezone
from enum import Enum
from types import SimpleNamespace
from typing import Any

import azure.durable_functions as df
import pytest
from aiohttp import ClientConnectionError, web

from durable_sdk import (
    IS_2,
    Failure,
    HostTrouble,
    InstanceStatus,
    classify,
    decoded,
    find_history,
    find_status,
    list_address,
    raise_event,
    retries,
    start,
    task_hub,
)

sdk_1 = pytest.mark.skipif(IS_2, reason="of azure-functions-durable 1.x")
sdk_2 = pytest.mark.skipif(not IS_2, reason="of azure-functions-durable 2.x")
THEN = datetime(2026, 11, 22, 19, 45, 9, tzinfo=timezone.utc)
FOUND = InstanceStatus("o-1", "PlaceOrder", "Running", {"stage": "Invoiced"}, [1], THEN, THEN)


async def error_of_the_client(status: int, body: str = "") -> Exception | None:
    from azure.durable_functions.models.utils import http_utils

    async def respond(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    app = web.Application()
    app.router.add_post("/{rest:.*}", respond)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    binding = {
        "taskHubName": "hub",
        "creationUrls": {},
        "managementUrls": {"id": "INSTANCEID"},
        "rpcBaseUrl": f"http://{host}:{port}/durabletask/",
    }
    try:
        client = df.DurableOrchestrationClient(json.dumps(binding))
        await raise_event(client, "o-1", "Proceed", None)
    except Exception as error:
        return error
    finally:
        await http_utils._close_session()
        await runner.cleanup()
    return None


@sdk_1
@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (410, Failure.FINISHED),
        (404, Failure.UNKNOWN),
        (400, Failure.TROUBLE),
        (200, Failure.TROUBLE),
        (429, Failure.TROUBLE),
        (500, Failure.TROUBLE),
        (503, Failure.TROUBLE),
    ],
)
def test_an_answer_of_the_host_is_told_by_the_clients_text(status: int, failure: Failure) -> None:
    error = asyncio.run(error_of_the_client(status))
    assert error is not None and classify(error) is failure


@sdk_1
def test_delivery_is_no_error() -> None:
    assert asyncio.run(error_of_the_client(202)) is None


@sdk_1
def test_a_page_instead_of_json_is_trouble() -> None:
    error = asyncio.run(error_of_the_client(502, "<html>Bad gateway</html>"))
    assert isinstance(error, ValueError) and classify(error) is Failure.TROUBLE


@pytest.mark.parametrize(
    "error",
    [
        ClientConnectionError("Instance with ID o-1 is gone: either completed or failed"),
        asyncio.TimeoutError(),
        OSError("No instance with ID o-1 found."),
        Exception(""),
        Exception("Webhook returned unrecognized status code 410"),
    ],
)
def test_everything_else_is_trouble_whatever_its_text(error: Exception) -> None:
    assert classify(error) is Failure.TROUBLE


class Code(Enum):
    NOT_FOUND = 5
    FAILED_PRECONDITION = 9
    UNAVAILABLE = 14


class RpcError(Exception):
    def __init__(self, code: Code) -> None:
        super().__init__(code.name)
        self._code = code

    def code(self) -> Any:
        return self._code


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (Code.NOT_FOUND, Failure.UNKNOWN),
        (Code.FAILED_PRECONDITION, Failure.FINISHED),
        (Code.UNAVAILABLE, Failure.TROUBLE),
    ],
)
def test_errors_of_client_2_are_told_by_their_code(code: Code, failure: Failure) -> None:
    assert classify(RpcError(code)) is failure


class Client1:
    """Makes a status of an answer's body as client 1.x does, whatever its code."""

    def __init__(self, body: Any) -> None:
        self.body = body

    async def get_status(self, instance_id: str) -> Any:
        if isinstance(self.body, Exception):
            raise self.body
        from azure.durable_functions.models.DurableOrchestrationStatus import (
            DurableOrchestrationStatus,
        )

        return DurableOrchestrationStatus.from_json(self.body)


@sdk_1
def test_a_status_of_client_1_is_read() -> None:
    body = {
        "name": "PlaceOrder",
        "instanceId": "o-1",
        "createdTime": "2026-11-22T19:45:09Z",
        "lastUpdatedTime": "2026-11-22T19:45:09Z",
        "runtimeStatus": "Running",
        "customStatus": {"stage": "Invoiced"},
        "output": "[1]",
    }
    assert asyncio.run(find_status(Client1(body), "o-1")) == FOUND


@sdk_1
def test_an_instance_that_the_host_does_not_know_has_no_status() -> None:
    assert asyncio.run(find_status(Client1(""), "o-1")) is None


@sdk_1
@pytest.mark.parametrize(
    "answer",
    [
        {"Message": "Something went wrong", "ExceptionMessage": "storage is away"},
        {"Message": "Something went wrong"},
        "Service Unavailable",
        ConnectionError("refused"),
    ],
)
def test_an_answer_in_error_is_no_missing_order(answer: Any) -> None:
    with pytest.raises(HostTrouble):
        asyncio.run(find_status(Client1(answer), "o-1"))


class Client2:
    """Answers as client 2.x does, and remembers what it was asked."""

    def __init__(self, state: Any = None) -> None:
        self.state = state
        self.asked: list[Any] = []

    async def get_orchestration_state(self, instance_id: str, *, fetch_payloads: bool) -> Any:
        if isinstance(self.state, Exception):
            raise self.state
        return self.state

    async def schedule_new_orchestration(
        self, name: str, *, input: Any = None, instance_id: str | None = None
    ) -> None:
        self.asked.append((name, instance_id, input))

    async def raise_orchestration_event(
        self, instance_id: str, event_name: str, *, data: Any = None
    ) -> None:
        self.asked.append((instance_id, event_name, data))


def state(**changes: Any) -> SimpleNamespace:
    told = {
        "instance_id": "o-1",
        "name": "PlaceOrder",
        "runtime_status": SimpleNamespace(name="RUNNING"),
        "serialized_custom_status": '{"stage": "Invoiced"}',
        "serialized_output": "[1]",
        "failure_details": None,
        "created_at": THEN.replace(tzinfo=None),
        "last_updated_at": THEN.replace(tzinfo=None),
    }
    return SimpleNamespace(**{**told, **changes})


@sdk_2
def test_a_status_of_client_2_is_read() -> None:
    assert asyncio.run(find_status(Client2(state()), "o-1")) == FOUND
    assert asyncio.run(find_status(Client2(None), "o-1")) is None
    again = state(runtime_status=SimpleNamespace(name="CONTINUED_AS_NEW"))
    found = asyncio.run(find_status(Client2(again), "o-1"))
    assert found is not None and found.runtime_status == "ContinuedAsNew"
    failed = state(serialized_output=None, failure_details=SimpleNamespace(message="boom"))
    found = asyncio.run(find_status(Client2(failed), "o-1"))
    assert found is not None and found.output == "boom"


@sdk_2
def test_an_error_of_client_2_is_no_missing_order() -> None:
    with pytest.raises(HostTrouble):
        asyncio.run(find_status(Client2(RpcError(Code.UNAVAILABLE)), "o-1"))


@sdk_2
def test_client_2_starts_and_wakes_under_its_own_names() -> None:
    client = Client2()
    asyncio.run(start(client, "PlaceOrder", "o-1", {"a": 1}))
    asyncio.run(raise_event(client, "o-1", "Proceed", None))
    assert client.asked == [("PlaceOrder", "o-1", {"a": 1}), ("o-1", "Proceed", None)]


def test_the_task_hub_is_read_from_the_links() -> None:
    class Links:
        def create_http_management_payload(self, instance_id: str) -> dict[str, str]:
            return {"statusQueryGetUri": "http://h/instances/x?taskHub=Staging&code=k"}

    assert task_hub(Links()) == "Staging"


def test_the_list_of_instances_is_at_the_listener_that_speaks_http() -> None:
    binding = {
        "rpcBaseUrl": "http://127.0.0.1:17071/durabletask/",
        "httpBaseUrl": "https://shop/runtime/webhooks/durabletask",
        "requiredQueryStringParameters": "taskHub=Hub&connection=Storage&code=a%2Bb%3D",
    }
    if IS_2:
        query = [("taskHub", "Hub"), ("connection", "Storage"), ("code", "a+b=")]
        expected = ("https://shop/runtime/webhooks/durabletask/instances/", query)
    else:
        expected = ("http://127.0.0.1:17071/durabletask/instances/", [])
    assert list_address(json.dumps(binding)) == expected


@pytest.mark.parametrize(
    ("received", "meant"),
    [
        ('{"a": 1}', {"a": 1}),
        ("null", None),
        ("false", False),
        ("5", 5),
        ('"x"', "x"),
        ({"a": 1}, {"a": 1}),
        (None, None),
        (False, False),
        ("plain text", "plain text"),
        ("", ""),
        ("[" * 100_000, "[" * 100_000),
    ],
)
def test_data_is_decoded_whichever_way_it_came(received: object, meant: object) -> None:
    assert decoded(received) == meant


HISTORY = [{"EventType": "ExecutionStarted", "Timestamp": "2026-11-22T19:45:09Z"}]


@sdk_1
def test_a_history_of_client_1_is_what_the_host_shows() -> None:
    class Client(Client1):
        async def get_status(self, instance_id: str, **shown: bool) -> Any:
            assert shown == {"show_history": True, "show_history_output": True}
            return await super().get_status(instance_id)

    body = {
        "name": "PlaceOrder",
        "instanceId": "o-1",
        "createdTime": "2026-11-22T19:45:09Z",
        "lastUpdatedTime": "2026-11-22T19:45:09Z",
        "runtimeStatus": "Running",
        "customStatus": {"stage": "Invoiced"},
        "output": "[1]",
    }
    told = {**body, "historyEvents": HISTORY}
    assert asyncio.run(find_history(Client(told), "o-1")) == (FOUND, HISTORY)
    assert asyncio.run(find_history(Client(body), "o-1")) == (FOUND, [])
    assert asyncio.run(find_history(Client(""), "o-1")) is None
    for trouble in ({"Message": "Something went wrong"}, ConnectionError("refused")):
        with pytest.raises(HostTrouble):
            asyncio.run(find_history(Client(trouble), "o-1"))


@sdk_2
def test_a_history_of_client_2_is_told_in_the_same_form() -> None:
    from durabletask import history, task

    ended = THEN.replace(second=11)
    events = [
        history.OrchestratorStartedEvent(-1, THEN),
        history.ExecutionStartedEvent(-1, THEN, name="PlaceOrder"),
        history.TaskScheduledEvent(0, THEN, name="ProcessPayment", input="{}"),
        history.TaskScheduledEvent(1, THEN, name="Other"),
        history.TaskScheduledEvent(2, THEN, name="Third"),
        history.TaskCompletedEvent(-1, ended, task_scheduled_id=0, result="true"),
        history.TaskFailedEvent(-1, ended, 2, task.FailureDetails("boom", "ValueError", None)),
        history.TimerCreatedEvent(3, ended, fire_at=ended),
        history.EventRaisedEvent(-1, ended, name="Proceed", input="1"),
    ]

    class Client(Client2):
        async def get_orchestration_history(self, instance_id: str) -> Any:
            return events

    found = asyncio.run(find_history(Client(state()), "o-1"))
    assert found is not None and found[0] == FOUND
    begun, done = THEN.isoformat(), ended.isoformat()
    task_times = {"Timestamp": done, "ScheduledTime": begun}
    assert found[1][1:] == [
        {"EventType": "ExecutionStarted", "Timestamp": begun, "Name": "PlaceOrder"},
        {"EventType": "TaskScheduled", "Timestamp": begun, "Name": "Other"},
        {
            "EventType": "TaskCompleted",
            **task_times,
            "FunctionName": "ProcessPayment",
            "Result": "true",
        },
        {"EventType": "TaskFailed", **task_times, "FunctionName": "Third", "Reason": "boom"},
        {"EventType": "TimerCreated", "Timestamp": done, "FireAt": done},
        {"EventType": "EventRaised", "Timestamp": done, "Name": "Proceed", "Input": "1"},
    ]
    pending = state(runtime_status=SimpleNamespace(name="PENDING"))
    found = asyncio.run(find_history(Client(pending), "o-1"))
    assert found is not None and found[1] == []
    assert asyncio.run(find_history(Client(None), "o-1")) is None
    with pytest.raises(HostTrouble):
        asyncio.run(find_history(Client(RpcError(Code.UNAVAILABLE)), "o-1"))


@pytest.mark.skipif(not IS_2, reason="1.x has no backoff")
def test_retries_back_off_up_to_the_pause_that_1_x_keeps() -> None:
    policy = retries(timedelta(minutes=30), 48)
    assert policy.max_number_of_attempts == 48
    assert policy.first_retry_interval == timedelta(minutes=7.5)
    assert policy.backoff_coefficient == 2
    assert policy.max_retry_interval == timedelta(minutes=30)
