import json
from datetime import datetime, timezone
from typing import Any

import azure.functions as func
import pytest
from azure.functions.meta import Datum

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.app.loader import load_functions
from functions_emulator.worker.bindings import input_arguments, output_data
from tests.unit.conftest import MakeApp

QUEUE = '@app.queue_trigger(arg_name="msg", queue_name="q", connection="AzureWebJobsStorage")\n'
OUTPUT = '@app.queue_output(arg_name="{}", queue_name="o", connection="AzureWebJobsStorage")\n'
METADATA = {
    "Id": Datum("m-1", "string"),
    "DequeueCount": Datum(3, "int"),
    "PopReceipt": Datum("r", "string"),
    "InsertionTime": Datum("2026-01-02T03:04:05+00:00", "string"),
    "ExpirationTime": Datum("2026-01-09T03:04:05+00:00", "string"),
    "NextVisibleTime": Datum("2026-01-02T03:14:05+00:00", "string"),
}


def load(make_app: MakeApp, source: str) -> FunctionDefinition:
    return load_functions(make_app("app = df.DFApp()\n" + source))[0]


def test_a_queue_message_has_its_body_and_metadata(make_app: MakeApp) -> None:
    function = load(make_app, QUEUE + "def f(msg: func.QueueMessage): ...")
    message = input_arguments(function, Datum('{"a": 1}', "string"), METADATA, None)["msg"]
    assert message.get_json() == {"a": 1}
    assert (message.id, message.dequeue_count, message.pop_receipt) == ("m-1", 3, "r")
    assert message.insertion_time == datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert message.expiration_time == datetime(2026, 1, 9, 3, 4, 5, tzinfo=timezone.utc)
    assert message.time_next_visible == datetime(2026, 1, 2, 3, 14, 5, tzinfo=timezone.utc)


def test_a_parameter_annotated_str_gets_the_text(make_app: MakeApp) -> None:
    function = load(make_app, QUEUE + "def f(msg: str): ...")
    assert input_arguments(function, Datum("text", "string"), METADATA, None) == {"msg": "text"}


def test_a_durable_client_gets_the_binding_text(make_app: MakeApp) -> None:
    source = '@app.durable_client_input(client_name="client")\nasync def f(msg: str, client): ...'
    function = load(make_app, QUEUE + source)
    arguments = input_arguments(function, Datum("x", "string"), METADATA, '{"rpcBaseUrl": "u"}')
    assert arguments["client"] == '{"rpcBaseUrl": "u"}'


def test_a_timer_request_is_decoded(make_app: MakeApp) -> None:
    source = '@app.timer_trigger(arg_name="t", schedule="0 * * * * *")\n'
    function = load(make_app, source + "def f(t: func.TimerRequest): ...")
    info = Datum(json.dumps({"IsPastDue": True, "ScheduleStatus": None}), "json")
    timer = input_arguments(function, info, {}, None)["t"]
    assert (timer.past_due, timer.schedule_status) == (True, {})


@pytest.mark.filterwarnings("ignore:azure.functions df_loads:DeprecationWarning")
def test_an_activity_gets_and_gives_json(make_app: MakeApp) -> None:
    source = '@app.activity_trigger(input_name="order")\ndef f(order: dict) -> dict: ...'
    function = load(make_app, source)
    assert input_arguments(function, Datum('{"a": 1}', "json"), {}, None) == {"order": {"a": 1}}
    returned = output_data(function, {}, {"b": 2})["$return"]
    assert (json.loads(returned.value), returned.type) == ({"b": 2}, "json")


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("text", ("text", "string")),
        (b"\x00\x01", (b"\x00\x01", "bytes")),
        (["a", "b"], ('["a", "b"]', "json")),
        (func.QueueMessage(body="x"), ('{"id": null, "body": "x"}', "json")),
    ],
)
def test_what_an_out_parameter_is_set_to_is_encoded(
    make_app: MakeApp, value: Any, encoded: tuple[Any, str]
) -> None:
    function = load(make_app, QUEUE + OUTPUT.format("out") + "def f(msg: str, out): ...")
    arguments = input_arguments(function, Datum("x", "string"), METADATA, None)
    arguments["out"].set(value)
    data = output_data(function, arguments, None)["out"]
    assert (data.value, data.type) == encoded


def test_an_out_parameter_that_is_not_set_puts_out_nothing(make_app: MakeApp) -> None:
    function = load(make_app, QUEUE + OUTPUT.format("out") + "def f(msg: str, out): ...")
    arguments = input_arguments(function, Datum("x", "string"), METADATA, None)
    assert output_data(function, arguments, None) == {}


def test_a_returned_value_without_an_output_is_an_error(make_app: MakeApp) -> None:
    function = load(make_app, QUEUE + "def f(msg: str): ...")
    with pytest.raises(RuntimeError, match=r"'f' without a \$return binding"):
        output_data(function, {}, "something")


def test_an_http_function_that_returns_nothing_has_failed(make_app: MakeApp) -> None:
    function = load(make_app, "@app.route()\ndef f(req: func.HttpRequest): ...")
    with pytest.raises(TypeError, match="http binding of function 'f' takes no NoneType"):
        output_data(function, {}, None)
