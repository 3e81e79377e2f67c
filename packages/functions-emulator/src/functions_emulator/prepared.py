"""An app that is loaded and checked, before anything of it runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.app.notices import function_notices
from functions_emulator.app.selection import select
from functions_emulator.app.settings import HostSettings
from functions_emulator.app.timespan import parse_timespan
from functions_emulator.errors import AppError
from functions_emulator.triggers.queue import INVISIBILITY, QueueBinding
from functions_emulator.triggers.router import Router

INVISIBILITY_SETTING = "EMULATOR_QUEUE_INVISIBILITY"


@dataclass(frozen=True)
class Options:
    """What the command line says; `state` is the file of orchestrations.

    `reload` has the app loaded anew when its files change, and the emulator wait for such a change
    when it cannot be loaded. `strict` refuses an app that would run in part only.
    """

    app_root: Path
    port: int = 7071
    address: str = "127.0.0.1"
    state: Path | None = None
    reload: bool = True
    strict: bool = False

    @property
    def state_file(self) -> Path:
        return self.state or self.app_root / ".emulator" / "state.db"


@dataclass(frozen=True)
class PreparedApp:
    """Settings, functions and everything that follows from them alone.

    `warnings` say which functions do not run here, `notices` what is not honoured.
    """

    settings: HostSettings
    functions: tuple[FunctionDefinition, ...]
    disabled: tuple[str, ...]
    warnings: tuple[str, ...]
    notices: tuple[str, ...]
    router: Router
    queues: tuple[QueueBinding, ...]
    invisibility: timedelta

    @property
    def uses_durable(self) -> bool:
        return any(function.uses_durable for function in self.functions)

    @property
    def speaks_grpc(self) -> bool:
        return any(function.speaks_grpc for function in self.functions)

    def with_trigger(self, trigger_type: str) -> list[FunctionDefinition]:
        """Return the enabled functions with a trigger of this type."""
        return [function for function in self.functions if function.trigger.type == trigger_type]

    def queue_of(self, function: FunctionDefinition, binding: Binding) -> tuple[str, str]:
        """Return the connection string and the queue name of a queue trigger or output."""
        return _queue_of(self.settings, function, binding)


def prepare(
    settings: HostSettings, loaded: Sequence[FunctionDefinition], strict: bool = False
) -> PreparedApp:
    """Check the functions that a worker has loaded; raise AppError for what is wrong."""
    selected = select(loaded, settings.is_enabled, strict)
    functions = selected.functions
    for function in functions:
        for binding in function.bindings:
            if binding.type == "queue":
                _queue_of(settings, function, binding)
    return PreparedApp(
        settings=settings,
        functions=functions,
        disabled=selected.disabled,
        warnings=selected.skipped,
        notices=(*settings.notices, *function_notices(functions)),
        router=Router(
            (f for f in functions if f.trigger.type == "httpTrigger"), settings.http.route_prefix
        ),
        queues=tuple(
            QueueBinding(f, *_queue_of(settings, f, f.trigger))
            for f in functions
            if f.trigger.type == "queueTrigger"
        ),
        invisibility=_invisibility(settings.values.get),
    )


def _queue_of(
    settings: HostSettings, function: FunctionDefinition, binding: Binding
) -> tuple[str, str]:
    where = f"function {function.name}, {binding.type} {binding.name!r}"
    connection = settings.resolve(str(binding.properties.get("connection") or ""), where)
    queue_name = settings.resolve(str(binding.properties.get("queueName") or ""), where).lower()
    return settings.connection(connection.strip("%"), where), queue_name


def _invisibility(setting: Callable[[str], str | None]) -> timedelta:
    text = setting(INVISIBILITY_SETTING)
    if not text:
        return INVISIBILITY
    try:
        span = parse_timespan(text)
    except ValueError as error:
        raise AppError(f"{INVISIBILITY_SETTING}: {error}.") from error
    if not timedelta(seconds=2) <= span <= timedelta(days=7):
        raise AppError(f"{INVISIBILITY_SETTING} is {text!r}; it must be from 2 seconds to 7 days.")
    return span
