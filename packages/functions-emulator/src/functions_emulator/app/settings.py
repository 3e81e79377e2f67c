"""The app's settings: what host.json, local.settings.json and the environment say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from functions_emulator.app.connections import connection_string
from functions_emulator.app.local_host import CorsSettings
from functions_emulator.app.sections import Section
from functions_emulator.errors import AppError

_PERCENT = re.compile(r"%([^%]+)%")


@dataclass(frozen=True)
class QueueSettings:
    """host.json, extensions.queues; defaults of the Storage extension 5.x (QueuesOptions.cs)."""

    message_encoding: str = "base64"
    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: timedelta = timedelta(0)
    max_polling_interval: timedelta = timedelta(minutes=1)


@dataclass(frozen=True)
class HttpSettings:
    """host.json, extensions.http."""

    route_prefix: str = "api"
    custom_headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DurableSettings:
    """host.json, extensions.durableTask; `section` holds the whole of it."""

    hub_name: str = "TestHubName"
    default_version: str = ""
    max_concurrent_activities: int = 10
    max_concurrent_orchestrators: int = 10
    max_orchestration_actions: int = 100_000
    max_entity_operation_batch_size: int = 5000
    http_sleep_milliseconds: int = 30_000
    max_grpc_message_bytes: int = 4_194_304
    throws_on_raise_event: bool = True
    section: Section = field(default_factory=lambda: Section("extensions.durableTask"))


@dataclass(frozen=True)
class HostSettings:
    """Everything the host reads before it loads the app.

    `values` are the app settings; `function_timeout` is how long a function may run, None for any
    time; `notices` name what is set and not honoured.
    """

    app_root: Path
    values: Mapping[str, str] = field(default_factory=dict)
    queues: QueueSettings = field(default_factory=QueueSettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    durable: DurableSettings = field(default_factory=DurableSettings)
    cors: CorsSettings = field(default_factory=CorsSettings)
    log_levels: Mapping[str, str] = field(default_factory=dict)
    only_functions: frozenset[str] | None = None
    function_timeout: timedelta | None = timedelta(minutes=30)
    notices: tuple[str, ...] = ()

    def resolve(self, text: str, where: str) -> str:
        """Replace every `%NAME%` by the app setting of that name; raise AppError if missing."""

        def value_of(match: re.Match[str]) -> str:
            value = self._value(match[1])
            if not value:
                raise AppError(
                    f"{where} uses %{match[1]}%, but there is no app setting {match[1]!r}; add it "
                    "to Values in local.settings.json or to the environment."
                )
            return value

        return _PERCENT.sub(value_of, text)

    def lacks(self, text: str) -> bool:
        """Tell whether `resolve` would miss an app setting."""
        return not all(map(self._value, _PERCENT.findall(text)))

    def connection(self, name: str, where: str) -> str:
        """Return the storage connection string behind a binding's `connection` property."""
        return connection_string(self.values, name, where)

    def is_enabled(self, function_name: str) -> bool:
        """Tell whether neither host.json nor an app setting switches the function off."""
        only = self.only_functions
        if only is not None and function_name.lower() not in only:
            return False
        disabled = self._value(f"AzureWebJobs.{function_name}.Disabled") or self._value(
            f"AzureWebJobs_{function_name}_Disabled"
        )
        return (disabled or "").lower() not in ("1", "true")

    def flag(self, name: str) -> bool:
        """Tell whether an app setting is `true`."""
        return (self._value(name) or "").lower() == "true"

    def _value(self, name: str) -> str | None:
        if name in self.values:
            return self.values[name]
        lowered = name.lower()
        return next((v for key, v in self.values.items() if key.lower() == lowered), None)
