import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from functions_emulator.app.settings import DurableSettings, HostSettings
from functions_emulator.app.settings_files import load_settings
from functions_emulator.errors import AppError
from tests.unit.conftest import MakeApp


def queues(**settings: object) -> dict[str, object]:
    return {"extensions": {"queues": settings}}


def test_queue_defaults_are_those_of_the_storage_extension(make_app: MakeApp) -> None:
    settings = load_settings(make_app(), {}).queues
    assert (settings.message_encoding, settings.batch_size) == ("base64", 16)
    assert settings.new_batch_threshold == 8 * (os.cpu_count() or 1)
    assert (settings.max_dequeue_count, settings.visibility_timeout) == (5, timedelta(0))
    assert settings.max_polling_interval == timedelta(minutes=1)


def test_queue_settings_are_read(make_app: MakeApp) -> None:
    root = make_app(
        host=queues(
            messageEncoding="none",
            batchSize=4,
            newBatchThreshold=0,
            maxDequeueCount=2,
            visibilityTimeout="00:00:05",
            maxPollingInterval="00:00:01",
        )
    )
    settings = load_settings(root, {}).queues
    assert (settings.message_encoding, settings.batch_size) == ("none", 4)
    assert (settings.new_batch_threshold, settings.max_dequeue_count) == (0, 2)
    assert settings.visibility_timeout == timedelta(seconds=5)
    assert settings.max_polling_interval == timedelta(seconds=1)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("batchSize", 33),
        ("batchSize", 0),
        ("batchSize", "many"),
        ("batchSize", True),
        ("newBatchThreshold", -1),
        ("maxDequeueCount", 0),
        ("visibilityTimeout", 5),
        ("maxPollingInterval", "00:00:00.05"),
        ("messageEncoding", "utf8"),
    ],
)
def test_a_wrong_queue_setting_is_named(make_app: MakeApp, setting: str, value: object) -> None:
    with pytest.raises(AppError, match=rf"host\.json: extensions\.queues\.{setting} is"):
        load_settings(make_app(host=queues(**{setting: value})), {})


def test_comments_and_trailing_commas_are_allowed_and_addresses_kept(make_app: MakeApp) -> None:
    root = make_app()
    (root / "host.json").write_text(
        '﻿{ // the version\n"version": "2.0", /* one\ntwo */ "extensions": {"http": '
        '{"routePrefix": "a//b,]",},},}',
        encoding="utf-8",
    )
    assert load_settings(root, {}).http.route_prefix == "a//b,]"


def test_broken_json_is_reported_with_file_and_line(make_app: MakeApp) -> None:
    root = make_app()
    (root / "host.json").write_text('{\n  "version": "2.0"\n  "functions": []\n}')
    with pytest.raises(AppError, match=r"^host\.json:3: not valid JSON"):
        load_settings(root, {})


def test_host_json_needs_its_version(make_app: MakeApp) -> None:
    root = make_app()
    (root / "host.json").write_text("{}")
    with pytest.raises(AppError, match='"version": "2.0"'):
        load_settings(root, {})


def test_the_environment_wins_over_local_settings(make_app: MakeApp) -> None:
    root = make_app(values={"A": "local", "B": "local", "Flag": True})
    values = load_settings(root, {"A": "environment"}).values
    assert (values["A"], values["B"], values["Flag"]) == ("environment", "local", "true")


def test_the_environment_overrides_host_json(make_app: MakeApp) -> None:
    root = make_app(host=queues(batchSize=4))
    environment = {
        "AzureFunctionsJobHost__extensions__queues__batchsize": "2",
        "AzureFunctionsJobHost__extensions__http__routePrefix": "v1",
    }
    settings = load_settings(root, environment)
    assert (settings.queues.batch_size, settings.http.route_prefix) == (2, "v1")


def test_another_language_is_refused(make_app: MakeApp) -> None:
    with pytest.raises(AppError, match="FUNCTIONS_WORKER_RUNTIME is 'node'"):
        load_settings(make_app(values={"FUNCTIONS_WORKER_RUNTIME": "node"}), {})


def test_encrypted_local_settings_are_refused_with_the_command(make_app: MakeApp) -> None:
    root = make_app()
    (root / "local.settings.json").write_text(json.dumps({"IsEncrypted": True, "Values": {}}))
    with pytest.raises(AppError, match="func settings decrypt"):
        load_settings(root, {})


def test_percent_names_are_resolved_from_app_settings() -> None:
    settings = HostSettings(Path(), {"Queue": "orders"})
    assert settings.resolve("%QUEUE%-%Queue%", "f") == "orders-orders"


def test_a_missing_percent_name_is_reported_with_its_place() -> None:
    with pytest.raises(AppError, match="function F uses %Nope%"):
        HostSettings(Path()).resolve("%Nope%", "function F")


def test_a_connection_is_found_with_or_without_its_prefix() -> None:
    settings = HostSettings(Path(), {"AzureWebJobsStorage": "one", "Mine": "two"})
    names = ("AzureWebJobsStorage", "Storage", "", "Mine")
    assert [settings.connection(name, "f") for name in names] == ["one", "one", "one", "two"]


def test_a_missing_connection_says_what_to_add() -> None:
    with pytest.raises(AppError, match='F: .*"Orders": "UseDevelopmentStorage=true"'):
        HostSettings(Path()).connection("Orders", "F")


def test_an_identity_connection_is_refused_by_name() -> None:
    settings = HostSettings(Path(), {"AzureWebJobsStorage__queueServiceUri": "https://x"})
    with pytest.raises(AppError, match="identity based .*queueServiceUri"):
        settings.connection("AzureWebJobsStorage", "F")


def test_the_task_hub_name_is_resolved_and_checked(make_app: MakeApp) -> None:
    host = {"extensions": {"durableTask": {"hubName": "%Hub%"}}}
    root = make_app(host=host)
    assert load_settings(root, {"Hub": "MyHub"}).durable.hub_name == "MyHub"
    with pytest.raises(AppError, match="hubName is 'my-hub'"):
        load_settings(root, {"Hub": "my-hub"})


def test_functions_are_switched_off_by_setting_and_by_host_json(make_app: MakeApp) -> None:
    root = make_app(host={"functions": ["A", "B"]})
    settings = load_settings(root, {"AzureWebJobs.b.Disabled": "True"})
    assert [settings.is_enabled(name) for name in ("a", "B", "C")] == [True, False, False]


def test_durable_limits_are_read_and_have_the_extensions_defaults(make_app: MakeApp) -> None:
    http = {"defaultAsyncRequestSleepTimeMilliseconds": 5}
    given = {"maxEntityOperationBatchSize": 7, "httpSettings": http}
    root = make_app(host={"extensions": {"durableTask": given}})
    durable = load_settings(root, {}).durable
    assert (durable.max_entity_operation_batch_size, durable.http_sleep_milliseconds) == (7, 5)
    default = DurableSettings()
    assert (default.max_entity_operation_batch_size, default.http_sleep_milliseconds) == (
        5000,
        30_000,
    )
