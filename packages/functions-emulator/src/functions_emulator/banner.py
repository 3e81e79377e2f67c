"""The list of functions that a start prints, as `func start` does."""

from collections.abc import Callable, Iterable

from functions_emulator.app.functions import FunctionDefinition


def function_list(
    functions: Iterable[FunctionDefinition], url_of: Callable[[FunctionDefinition], str | None]
) -> str:
    """Return `Name: [METHODS] url` or `Name: trigger` for each function, HTTP ones first."""
    http, others = [], []
    for function in sorted(functions, key=lambda each: each.name):
        url = url_of(function)
        if url is None:
            others.append(f"\t{function.name}: {function.trigger.type}")
        else:
            methods = function.trigger.properties.get("methods")
            names = ",".join(methods) if methods else "ALL"
            http.append(f"\t{function.name}: [{names}] {url}")
    return "\n".join(["", "Functions:", "", *(f"{line}\n" for line in [*http, *others])])
