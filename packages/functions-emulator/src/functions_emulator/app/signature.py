"""The Python worker's checks of a function against its bindings (functions.py of the worker)."""

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions_emulator.app.converters import converter, has_implicit_output
from functions_emulator.app.functions import Binding
from functions_emulator.errors import AppError


@dataclass
class Signature:
    """How a function's parameters and returned value meet its bindings."""

    requires_context: bool = False
    converters: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, Any] = field(default_factory=dict)
    return_converter: str | None = None


def check_signature(
    name: str, function: Callable[..., Any], bindings: tuple[Binding, ...]
) -> Signature:
    """Match parameters and bindings by name; raise AppError as the worker refuses to load."""
    parameters = set(inspect.signature(function).parameters)
    annotations = _type_hints(name, function)
    bound = {binding.name: binding for binding in bindings if binding.name != "$return"}
    checked = Signature(return_converter=_return_converter(bindings))
    if "context" in parameters and "context" not in bound:
        checked.requires_context = True
        parameters.discard("context")
        _check_context(name, annotations)
    _check_names(name, parameters, bound)
    for parameter, binding in bound.items():
        annotation = _check_annotation(name, binding, annotations)
        plain = annotation in (str, bytes) and not has_implicit_output(binding.type)
        checked.converters[parameter] = "generic" if plain else binding.type
        checked.annotations[parameter] = annotation
    checked.annotations["$return"] = annotations.get("return")
    if any(binding.name == "$return" for binding in bindings) and "return" in annotations:
        _check_return(name, str(checked.return_converter), annotations["return"])
    return checked


def _type_hints(name: str, function: Callable[..., Any]) -> Mapping[str, Any]:
    try:
        return typing.get_type_hints(function)
    except NameError as error:
        raise AppError(f"cannot load function {name}: an annotation is unknown: {error}") from error


def _return_converter(bindings: tuple[Binding, ...]) -> str | None:
    explicit = next((binding.type for binding in bindings if binding.name == "$return"), None)
    implicit = [binding.type for binding in bindings if has_implicit_output(binding.type)]
    return explicit or (implicit[-1] if implicit else None)


def _check_context(name: str, annotations: Mapping[str, Any]) -> None:
    annotation = annotations.get("context")
    if annotation is not None and getattr(annotation, "__name__", "") != "Context":
        raise AppError(
            f"cannot load function {name}: its parameter 'context' must be annotated "
            "azure.functions.Context, or have another name and a binding."
        )


def _check_names(name: str, parameters: set[str], bound: Mapping[str, Binding]) -> None:
    unbound = sorted(parameters - set(bound))
    if unbound:
        raise AppError(
            f"cannot load function {name}: parameter {', '.join(map(repr, unbound))} has no "
            "binding; give it a decorator whose name argument is the same, or remove it."
        )
    missing = sorted(set(bound) - parameters)
    if missing:
        details = ", ".join(f"{bound[item].type} {item!r}" for item in missing)
        raise AppError(
            f"cannot load function {name}: the binding {details} has no parameter of that name; "
            "add it to the function."
        )


def _check_annotation(name: str, binding: Binding, annotations: Mapping[str, Any]) -> Any:
    annotation = annotations.get(binding.name)
    if annotation is None:
        return None
    origin = typing.get_origin(annotation) or annotation
    is_out = getattr(origin, "__name__", "") == "Out"
    if is_out != (binding.direction == "out"):
        wanted = "func.Out[...]" if binding.direction == "out" else "not func.Out"
        raise AppError(
            f"cannot load function {name}: {binding.name!r} is bound as an "
            f"{binding.direction}put, so its annotation must be {wanted}."
        )
    if is_out:
        arguments = typing.get_args(annotation)
        annotation = arguments[0] if arguments else None
    _check_type(name, binding, annotation, is_out)
    return annotation


def _check_type(name: str, binding: Binding, annotation: Any, is_out: bool) -> None:
    if annotation in (None, Any, str, bytes):
        return
    origin = typing.get_origin(annotation) or annotation
    if not isinstance(origin, type) or origin is types.UnionType:
        raise AppError(
            f"cannot load function {name}: the annotation of {binding.name!r}, {annotation}, is "
            "not a type; the Python worker refuses unions and Optional."
        )
    check = "check_output_type_annotation" if is_out else "check_input_type_annotation"
    if not _fits(binding.type, check, annotation):
        shown = annotation.__name__ if annotation is origin else annotation
        raise AppError(
            f"cannot load function {name}: the type of {binding.name!r}, {shown}, "
            f"does not fit its {binding.type} binding."
        )


def _check_return(name: str, binding_type: str, annotation: Any) -> None:
    check = "check_output_type_annotation"
    plain = annotation in (str, bytes)
    if not plain and not (isinstance(annotation, type) and _fits(binding_type, check, annotation)):
        raise AppError(
            f"cannot load function {name}: the type it returns, {annotation}, does not fit its "
            f"{binding_type} output; the Python worker refuses it. Change or remove the annotation."
        )


def _fits(binding_type: str, check: str, annotation: Any) -> bool:
    checker = getattr(converter(binding_type), check, None)
    try:
        return checker is None or bool(checker(annotation))
    except TypeError:  # from issubclass: the converter does not reckon with a generic type
        return False
