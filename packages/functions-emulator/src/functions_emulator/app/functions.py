"""What the emulator knows of a function once it is loaded."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions_emulator.app.retry import RetryPolicy

DURABLE_TRIGGERS = {
    "orchestrationTrigger": "orchestration",
    "activityTrigger": "activity",
    "entityTrigger": "entityName",
}


@dataclass(frozen=True)
class Binding:
    """A trigger, input or output; `properties` as the decorator wrote them, in camelCase."""

    name: str
    type: str
    direction: str
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FunctionDefinition:
    """A function of the app: its code, its trigger, its other bindings.

    The host knows it without its code, which is in the worker processes alone: `described` there,
    `from_description` here.

    `converters` maps each parameter to the binding type whose converter serves it ("generic" for a
    parameter annotated str or bytes); `return_converter` is the one of the returned value, None if
    the function may return nothing. `problems` say why it cannot run here, if it cannot.
    """

    name: str
    user_function: Callable[..., Any] | None
    trigger: Binding
    bindings: tuple[Binding, ...] = ()
    is_async: bool = False
    requires_context: bool = False
    directory: str = ""
    converters: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, Any] = field(default_factory=dict)
    return_converter: str | None = None
    retry: RetryPolicy | None = None
    problems: tuple[str, ...] = ()

    @property
    def durable_name(self) -> str:
        """Return the name that orchestrators and clients use for it.

        The decorator's `orchestration`, `activity` or `entity_name` if given, else the function's
        own name.
        """
        named = self.trigger.properties.get(DURABLE_TRIGGERS.get(self.trigger.type, ""))
        return str(named) if named else self.name

    @property
    def outputs(self) -> tuple[Binding, ...]:
        """Return the output bindings, `$return` included."""
        return tuple(binding for binding in self.bindings if binding.direction == "out")

    @property
    def response_name(self) -> str:
        """Return the name of the output that answers an HTTP request."""
        return next((output.name for output in self.outputs if output.type == "http"), "$return")

    @property
    def uses_durable(self) -> bool:
        """Tell whether it is an orchestrator, an activity or an entity or has a durable client."""
        return self.trigger.type in DURABLE_TRIGGERS or any(
            binding.type == "durableClient" for binding in self.bindings
        )

    @property
    def speaks_grpc(self) -> bool:
        """Tell whether it is of azure-functions-durable 2.x, which asks the host for gRPC."""
        bindings = (self.trigger, *self.bindings)
        return any(each.properties.get("durableRequiresGrpc") is True for each in bindings)

    def described(self) -> dict[str, Any]:
        """Write what the host has to know, with plain values alone."""
        found: dict[str, Any] = json.loads(
            json.dumps(
                {
                    "name": self.name,
                    "trigger": vars(self.trigger),
                    "bindings": [vars(binding) for binding in self.bindings],
                    "is_async": self.is_async,
                    "retry": None if self.retry is None else self.retry.described(),
                    "problems": self.problems,
                },
                default=str,
            )
        )
        return found

    @classmethod
    def from_description(cls, written: Mapping[str, Any]) -> "FunctionDefinition":
        """Read what `described` wrote; it can be told of and be called by its name."""
        return cls(
            name=written["name"],
            user_function=None,
            trigger=Binding(**written["trigger"]),
            bindings=tuple(Binding(**binding) for binding in written["bindings"]),
            is_async=written["is_async"],
            retry=None if written["retry"] is None else RetryPolicy(*written["retry"]),
            problems=tuple(written["problems"]),
        )
