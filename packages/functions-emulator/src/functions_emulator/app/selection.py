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
    return Selection(tuple(functions), tuple(disabled), tuple(skipped))
