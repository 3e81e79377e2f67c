"""Which functions of an app run: the enabled ones whose bindings are all served here.

The host filters disabled functions out before it looks at their bindings, and one whose binding
has no extension fails alone (ScriptHost.cs, FunctionMetadataManager.cs).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.errors import AppError


@dataclass(frozen=True)
class Selection:
    """The functions that run, the names of the disabled ones, and a line for each skipped one."""

    functions: tuple[FunctionDefinition, ...]
    disabled: tuple[str, ...]
    skipped: tuple[str, ...]


def select(
    loaded: Iterable[FunctionDefinition], is_enabled: Callable[[str], bool], strict: bool
) -> Selection:
    """Choose the functions that run; with `strict`, raise AppError if one has to be skipped."""
    functions, disabled, skipped = [], [], []
    for function in loaded:
        if not is_enabled(function.name):
            disabled.append(function.name)
        elif function.problems:
            problems = "; ".join(function.problems)
            skipped.append(f"Function {function.name} does not run: {problems}.")
        else:
            functions.append(function)
    if strict and skipped:
        raise AppError(
            f"{' | '.join(skipped)} The app is refused; --strict allows no such function."
        )
    _refuse_second_durable_sdk(functions)
    return Selection(tuple(functions), tuple(disabled), tuple(skipped))


def _refuse_second_durable_sdk(functions: list[FunctionDefinition]) -> None:
    names = [
        function.name
        for function in functions
        if any(
            binding.properties.get("durableRequiresGrpc") is True
            for binding in (function.trigger, *function.bindings)
        )
    ]
    if names:
        # The SDK adds functions of its own, which tell the app's author nothing.
        name = next((name for name in names if not name.startswith("BuiltIn__")), names[0])
        raise AppError(
            f"the app uses azure-functions-durable 2 (in function {name}), which talks gRPC to the "
            "host; the emulator does not speak it yet. Install the first version, "
            "`pip install 'azure-functions-durable>=1.7,<2'`, or use `func start`."
        )
