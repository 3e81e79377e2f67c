"""Arguments and outputs of functions, through azure.functions' own converters.

As bindings/meta.py and dispatcher.py of the Python worker.
"""

from collections.abc import Mapping
from typing import Any

import azure.functions as func
from azure.functions.meta import Datum

from functions_emulator.app.converters import converter
from functions_emulator.app.functions import FunctionDefinition


class OutValue(func.Out[Any]):
    """What a function sets through its `func.Out` parameter."""

    def __init__(self) -> None:
        self._value: Any = None

    def set(self, val: Any) -> None:
        self._value = val

    def get(self) -> Any:
        return self._value


def input_arguments(
    function: FunctionDefinition,
    trigger: Datum,
    metadata: Mapping[str, Datum],
    client_binding: str | None,
) -> dict[str, Any]:
    """Decode what the function is called with: its trigger, its durable client, its outputs.

    Raises what the converter raises if the payload does not fit the parameter's type.
    """
    arguments: dict[str, Any] = {
        function.trigger.name: _decode(function, function.trigger.name, trigger, metadata)
    }
    for binding in function.bindings:
        if binding.name == "$return":
            continue
        if binding.direction == "out":
            arguments[binding.name] = OutValue()
        elif binding.type == "durableClient":
            client = Datum(client_binding, "string")
            arguments[binding.name] = _decode(function, binding.name, client, {})
    return arguments


def _decode(
    function: FunctionDefinition, name: str, data: Datum, metadata: Mapping[str, Datum]
) -> Any:
    binding_type = function.converters.get(name) or function.trigger.type
    return converter(binding_type).decode(data, trigger_metadata=metadata)


def output_data(
    function: FunctionDefinition, arguments: Mapping[str, Any], returned: Any
) -> dict[str, Datum]:
    """Encode the returned value (as `$return`) and every `func.Out` that was set.

    Raises RuntimeError or TypeError as the worker does for a value that has no binding or no
    converter: such an invocation has failed.
    """
    outputs: dict[str, Datum] = {}
    if returned is not None and function.return_converter is None:
        raise RuntimeError(
            f"function {function.name!r} without a $return binding returned a non-None value"
        )
    for binding in function.outputs:
        if binding.name != "$return":
            value = arguments[binding.name].get()
            if value is not None:
                binding_type = function.converters.get(binding.name) or binding.type
                outputs[binding.name] = _encode(function, binding.name, binding_type, value)
    if function.return_converter is not None:
        outputs["$return"] = _encode(function, "$return", function.return_converter, returned)
    return outputs


def _encode(function: FunctionDefinition, name: str, binding_type: str, value: Any) -> Datum:
    try:
        encoded: Datum = converter(binding_type).encode(
            value, expected_type=function.annotations.get(name)
        )
    except NotImplementedError:
        raise TypeError(
            f"unable to encode the output {name!r}: the {binding_type} binding of function "
            f"{function.name!r} takes no {type(value).__name__}"
        ) from None
    return encoded
