"""Read a function's definition from the metadata that the decorators left."""

import inspect
import re
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.app.retry import RetryPolicy
from functions_emulator.app.signature import Signature, check_signature
from functions_emulator.app.unsupported import problems_of
from functions_emulator.errors import AppError

# Of the host: Utility.cs, BindingNameValidationRegex as it is since 4.1038 (PR 10764).
_BINDING_NAME = re.compile(r"(?!.*__)[a-zA-Z_][a-zA-Z0-9_]{0,127}|\$return", re.ASCII)
_DIRECTIONS = {0: "in", 1: "out", 2: "inout"}


def definition_of(function: Any) -> FunctionDefinition:
    """Read an azure.functions Function; raise AppError as the host and the worker refuse it.

    The signature of a function that cannot run here for its bindings is not looked at.
    """
    name = function.get_function_name()
    bindings = tuple(_binding(name, binding) for binding in function.get_bindings())
    user_function = function.get_user_function()
    problems = problems_of(bindings)
    signature = Signature() if problems else check_signature(name, user_function, bindings)
    trigger = next(
        binding
        for binding, declared in zip(bindings, function.get_bindings(), strict=True)
        if declared is function.get_trigger()
    )
    retry = function.get_settings_dict("retry_policy")
    return FunctionDefinition(
        name=name,
        user_function=user_function,
        trigger=trigger,
        bindings=tuple(binding for binding in bindings if binding is not trigger),
        is_async=inspect.iscoroutinefunction(user_function),
        requires_context=signature.requires_context,
        directory=str(Path(inspect.getfile(inspect.unwrap(user_function))).parent),
        converters=signature.converters,
        annotations=signature.annotations,
        return_converter=signature.return_converter,
        retry=RetryPolicy.of(name, retry) if retry else None,
        problems=problems,
    )


def _binding(function_name: str, declared: Any) -> Binding:
    if not _BINDING_NAME.fullmatch(declared.name):
        raise AppError(
            f"cannot load function {function_name}: the binding name {declared.name!r} is illegal; "
            "use letters, digits and single underscores, and start with no digit."
        )
    properties = {key: _plain(value) for key, value in declared.get_dict_repr().items()}
    return Binding(declared.name, declared.type, _DIRECTIONS[declared.direction], properties)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(item) for item in value]
    return value
