"""Read an app's settings from host.json, local.settings.json and the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from functions_emulator.app.folder import HOST_FILE, check_folder
from functions_emulator.app.jsonc import read_json_object
from functions_emulator.app.local_host import local_host
from functions_emulator.app.sections import Section
from functions_emulator.app.settings import (
    DurableSettings,
    HostSettings,
    HttpSettings,
    QueueSettings,
)
from functions_emulator.app.unhonoured import setting_notices
from functions_emulator.errors import AppError

AZURE_STORAGE = "AzureStorage"
_HUB_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{2,44}", re.ASCII)


def load_settings(app_root: Path, environment: Mapping[str, str] | None = None) -> HostSettings:
    """Read an app's settings; the environment wins over local.settings.json.

    Raises AppError that names the file and the setting.
    """
    environment = os.environ if environment is None else environment
    check_folder(app_root)
    host_json = read_json_object(app_root / HOST_FILE)
    if str(host_json.get("version")) != "2.0":
        raise AppError('host.json: "version" is missing or unknown; write "version": "2.0".')
    values = {**local_values(app_root), **environment}
    runtime = values.get("FUNCTIONS_WORKER_RUNTIME", "python")
    if runtime.lower() != "python":
        raise AppError(f"FUNCTIONS_WORKER_RUNTIME is {runtime!r}; the emulator runs python only.")
    root = Section("", host_json).overridden(values)
    extensions = root.section("extensions")
    settings = HostSettings(
        app_root=app_root,
        values=values,
        queues=_queue_settings(extensions.section("queues")),
        http=_http_settings(extensions.section("http")),
        cors=local_host(app_root).cors,
        log_levels=_log_levels(root.section("logging").section("logLevel")),
        only_functions=_lowered(root.names("functions")),
        function_timeout=_function_timeout(root),
        notices=setting_notices(root, values),
    )
    durable = _durable_settings(extensions.section("durableTask"), settings)
    return replace(settings, durable=durable)


def _function_timeout(root: Section) -> timedelta | None:
    # ScriptJobHostOptionsSetup.cs: the default outside the Consumption plan, and -1 for no limit.
    if str(root.raw("functionTimeout")) == "-1":
        return None
    return root.timespan("functionTimeout", timedelta(minutes=30), timedelta(seconds=1))


def local_values(app_root: Path) -> dict[str, str]:
    """Read the app settings of local.settings.json, which may be missing."""
    path = app_root / "local.settings.json"
    if not path.is_file():
        return {}
    document = read_json_object(path)
    if document.get("IsEncrypted") is True:
        raise AppError("local.settings.json is encrypted; run `func settings decrypt` first.")
    values = document.get("Values") or {}
    if not isinstance(values, dict):
        raise AppError("local.settings.json: Values must be an object of strings.")
    return {name: _as_text(name, value) for name, value in values.items() if value is not None}


def _as_text(name: str, value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise AppError(f"local.settings.json: Values.{name} must be a string.")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _queue_settings(section: Section) -> QueueSettings:
    encoding = section.text("messageEncoding", "base64").lower()
    if encoding not in ("base64", "none"):
        raise AppError(
            f"host.json: {section.path}.messageEncoding is {encoding!r}; it must be base64 or none."
        )
    batch_size = section.integer("batchSize", 16, minimum=1, maximum=32)
    threshold = (batch_size // 2) * (os.cpu_count() or 1)
    return QueueSettings(
        message_encoding=encoding,
        batch_size=batch_size,
        new_batch_threshold=section.integer("newBatchThreshold", threshold),
        max_dequeue_count=section.integer("maxDequeueCount", 5, minimum=1),
        visibility_timeout=section.timespan("visibilityTimeout", timedelta(0), timedelta(0)),
        max_polling_interval=section.timespan(
            "maxPollingInterval", timedelta(minutes=1), timedelta(milliseconds=100)
        ),
    )


def _http_settings(section: Section) -> HttpSettings:
    headers = section.section("customHeaders").values
    return HttpSettings(
        route_prefix=section.text("routePrefix", "api").strip("/"),
        custom_headers={name: str(value) for name, value in headers.items()},
    )


def _durable_settings(section: Section, settings: HostSettings) -> DurableSettings:
    hub_name = _hub_name(section, settings)
    per_core = 10 * (os.cpu_count() or 1)
    return DurableSettings(
        hub_name=hub_name,
        default_version=settings.resolve(
            section.text("defaultVersion", ""), f"host.json: {section.path}.defaultVersion"
        ),
        max_concurrent_activities=section.integer("maxConcurrentActivityFunctions", per_core, 1),
        max_concurrent_orchestrators=section.integer(
            "maxConcurrentOrchestratorFunctions", per_core, 1
        ),
        max_orchestration_actions=section.integer("maxOrchestrationActions", 100_000, 1),
        max_grpc_message_bytes=section.integer(
            "maxGrpcMessageSizeInBytes", 4_194_304, 1, 2**31 - 1
        ),
        throws_on_raise_event=section.boolean("throwStatusExceptionsOnRaiseEvent", True),
        max_entity_operation_batch_size=section.integer("maxEntityOperationBatchSize", 5000, 1),
        http_sleep_milliseconds=section.section("httpSettings").integer(
            "defaultAsyncRequestSleepTimeMilliseconds", 30_000
        ),
        section=section,
    )


def _hub_name(section: Section, settings: HostSettings) -> str:
    name = section.text("hubName", "TestHubName")
    backend = section.section("storageProvider").text("type", AZURE_STORAGE)
    if backend.lower() != AZURE_STORAGE.lower():
        # It has rules of its own, and the name is for links alone here: as it is, if need be.
        return name if settings.lacks(name) else settings.resolve(name, section.path)
    where = f"host.json: {section.path}.hubName"
    name = settings.resolve(name, where)
    if not _HUB_NAME.fullmatch(name):
        raise AppError(
            f"{where} is {name!r}; it must have 3 to 45 letters and digits and start with a letter."
        )
    return name


def _log_levels(section: Section) -> dict[str, str]:
    return {category: str(level) for category, level in section.values.items()}


def _lowered(names: list[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(name.lower() for name in names)
