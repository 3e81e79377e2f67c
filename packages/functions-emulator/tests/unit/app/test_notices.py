"""What an app asks for and does not get here is named, one line each."""

from typing import Any

import pytest

from functions_emulator.app.loader import load_functions
from functions_emulator.app.notices import function_notices
from functions_emulator.app.settings_files import load_settings
from tests.unit.conftest import MakeApp


def noticed(make_app: MakeApp, host: dict[str, Any], **environment: str) -> tuple[str, ...]:
    return load_settings(make_app(host=host), environment).notices


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ({"concurrency": {"dynamicConcurrencyEnabled": True}}, "concurrency"),
        ({"healthMonitor": {"enabled": True}}, "healthMonitor"),
        ({"retry": {"strategy": "fixedDelay", "maxRetryCount": 1}}, "retry"),
        ({"neverHeardOf": 1}, "neverHeardOf"),
        ({"extensions": {"http": {"maxConcurrentRequests": 100}}}, "http.maxConcurrentRequests"),
        ({"extensions": {"Http": {"hsts": {"isEnabled": True}}}}, "Http.hsts"),
        ({"extensions": {"serviceBus": {"prefetchCount": 1}}}, "extensions.serviceBus"),
        ({"extensions": {"durableTask": {"tracing": {"version": "V2"}}}}, "durableTask.tracing"),
        (
            {"extensions": {"durableTask": {"maxOrchestrationActions": 10}}},
            "durableTask.maxOrchestrationActions",
        ),
        (
            {"extensions": {"durableTask": {"versionMatchStrategy": "Strict"}}},
            "durableTask.versionMatchStrategy",
        ),
        (
            {"extensions": {"durableTask": {"storageProvider": {"partitionCount": 1}}}},
            "durableTask.storageProvider",
        ),
        ({"logging": {"fileLoggingMode": "always"}}, "logging.fileLoggingMode"),
    ],
)
def test_a_setting_of_host_json_that_is_not_honoured_is_named(
    make_app: MakeApp, host: dict[str, Any], path: str
) -> None:
    (line,) = noticed(make_app, host)
    assert line.startswith("host.json: ") and f"{path} is not honoured here" in line


def test_one_from_the_environment_is_named_too(make_app: MakeApp) -> None:
    setting = {"AzureFunctionsJobHost__extensions__http__maxOutstandingRequests": "7"}
    (line,) = noticed(make_app, {}, **setting)
    assert "extensions.http.maxOutstandingRequests" in line


def test_nothing_is_said_of_what_is_honoured_or_switched_off(make_app: MakeApp) -> None:
    host = {
        "functions": ["f"],
        "functionTimeout": "00:05:00",
        "healthMonitor": {"enabled": False},
        "logging": {
            "logLevel": {"default": "Warning"},
            "applicationInsights": {"samplingSettings": {"isEnabled": True}},
        },
        "extensions": {
            "http": {"routePrefix": "", "customHeaders": {"X": "1"}, "maxConcurrentRequests": -1},
            "queues": {"batchSize": 1, "maxPollingInterval": "00:00:01"},
            "durableTask": {"hubName": "Hub", "maxConcurrentActivityFunctions": 3,
                            "defaultVersion": "1", "extendedSessionsEnabled": False,
                            "maxEntityOperationBatchSize": 1,
                            "rollbackEntityOperationsOnExceptions": True,
                            "httpSettings": {"defaultAsyncRequestSleepTimeMilliseconds": 1},
                            "tracing": {"traceReplayEvents": False}, "storageProvider": {}},
        },
    }  # fmt: skip
    assert noticed(make_app, host) == ()


def test_telemetry_is_named_where_it_would_be_sent(make_app: MakeApp) -> None:
    host = {"logging": {"applicationInsights": {"samplingSettings": {"isEnabled": True}}}}
    lines = noticed(make_app, host, APPLICATIONINSIGHTS_CONNECTION_STRING="x")
    assert len(lines) == 2
    assert "logging.applicationInsights" in lines[0]
    assert "APPLICATIONINSIGHTS_CONNECTION_STRING" in lines[1]


@pytest.mark.parametrize("provider", ["azureManaged", "mssql", "Netherite"])
def test_another_backend_keeps_its_hub_name_and_is_told_where_the_state_is(
    make_app: MakeApp, provider: str
) -> None:
    durable = {"hubName": "my-hub_1", "storageProvider": {"type": provider}}
    root = make_app(host={"extensions": {"durableTask": durable}})
    settings = load_settings(root, {})
    assert settings.durable.hub_name == "my-hub_1"
    (line,) = settings.notices
    assert f"'{provider}'" in line and "the emulator keeps state itself" in line


@pytest.mark.parametrize(("environment", "hub"), [({}, "%HUB%"), ({"HUB": "my-hub"}, "my-hub")])
def test_another_backend_starts_without_the_setting_of_its_hub_name(
    make_app: MakeApp, environment: dict[str, str], hub: str
) -> None:
    durable = {"hubName": "%HUB%", "storageProvider": {"type": "azureManaged"}}
    root = make_app(host={"extensions": {"durableTask": durable}})
    assert load_settings(root, environment).durable.hub_name == hub


TIMER = "app = df.DFApp()\n@app.timer_trigger(arg_name='t', schedule='0 0 0 1 1 *', {})\n"
RETRY = "@app.retry(strategy='fixed_delay', max_retry_count='1', delay_interval='00:00:01')\n"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (TIMER.format("use_monitor=True") + "def f(t): ...", ("useMonitor", "not made up")),
        (
            "app = df.DFApp()\n" + RETRY + "@app.route()\ndef f(req): ...",
            ("@app.retry", "timer, Event Hubs, Kafka and Cosmos DB"),
        ),
        (
            "app = df.DFApp()\n" + RETRY + "@app.queue_trigger(arg_name='m', queue_name='q', "
            "connection='C')\ndef f(m: str): ...",
            ("@app.retry", "maxDequeueCount"),
        ),
        (
            "app = df.DFApp()\n" + RETRY + "@app.activity_trigger(input_name='x')\n"
            "def f(x): ...",
            ("@app.retry", "call_activity_with_retry"),
        ),
        (
            "app = df.DFApp()\n@app.route()\n@app.durable_client_input(client_name='c', "
            "task_hub='Other')\nasync def f(req, c): ...",
            ("taskHub", "one task hub"),
        ),
    ],
)  # fmt: skip
def test_what_a_decorator_asks_for_in_vain_is_named(
    make_app: MakeApp, source: str, words: tuple[str, str]
) -> None:
    (line,) = function_notices(load_functions(make_app(source)))
    assert line.startswith("Function f: ")
    assert all(word in line for word in words)


def test_nothing_is_said_of_a_retried_timer(make_app: MakeApp) -> None:
    source = (
        (TIMER + "def f(t): ...")
        .format("use_monitor=False")
        .replace("@app.timer", RETRY + "@app.timer")
    )
    assert function_notices(load_functions(make_app(source))) == ()
