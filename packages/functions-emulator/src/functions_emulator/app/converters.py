"""azure.functions' own converters between the wire and Python, found as the worker does."""

from typing import Any

import azure.functions
from azure.functions.meta import Datum


class GenericConverter:
    """Serve parameters annotated str or bytes and binding types without a converter.

    As bindings/generic.py of the Python worker.
    """

    @staticmethod
    def has_implicit_output() -> bool:
        return True

    @staticmethod
    def decode(data: Datum | None, *, trigger_metadata: Any) -> Any:
        return None if data is None else data.value

    @staticmethod
    def encode(obj: Any, *, expected_type: Any) -> Datum:
        if isinstance(obj, str):
            return Datum(obj, "string")
        if isinstance(obj, (bytes, bytearray)):
            return Datum(bytes(obj), "bytes")
        if obj is None:
            return Datum(None, None)
        for python_type, name in ((dict, "dict"), (list, "list"), (int, "int"), (float, "double")):
            if isinstance(obj, python_type):
                return Datum(obj, name)
        raise NotImplementedError


def converter(binding_type: str) -> Any:
    """Return the converter class of a binding type."""
    registry: Any = azure.functions.get_binding_registry()  # type: ignore[no-untyped-call]
    return registry.get(binding_type) or GenericConverter


def has_implicit_output(binding_type: str) -> bool:
    """Tell whether a function with this binding may return a value without `$return`."""
    if binding_type == "durableClient":
        return False
    check = getattr(converter(binding_type), "has_implicit_output", None)
    return bool(check()) if check is not None else False
