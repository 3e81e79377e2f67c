"""How bad input is told: every bad field by name, each with the rule it breaks."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

WHOLE = "body"


class FieldError(TypedDict):
    """One bad field: its path, such as `items[0].quantity`, and what it must be."""

    field: str
    message: str


class ContractError(ValueError):
    """Input breaks its contract; `errors` names every bad field."""

    def __init__(self, subject: str, errors: Sequence[FieldError]) -> None:
        self.errors = list(errors)
        shown = "; ".join(f"{error['field']} {error['message']}" for error in self.errors[:5])
        more = f"; and {len(self.errors) - 5} more" if len(self.errors) > 5 else ""
        super().__init__(f"{subject} is not valid: {shown}{more}")


class Contract(BaseModel):
    """A message: camelCase names on the wire, no field unknown, no value converted."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True)

    def to_json(self) -> dict[str, Any]:
        """Return the message as plain JSON, without the fields that are missing."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


Message = TypeVar("Message", bound=Contract)


def validate(
    model: type[Message],
    data: object,
    subject: str,
    rules: Mapping[str, str],
    more: Sequence[FieldError] = (),
) -> Message:
    """Return `data` as a message, or raise ContractError with every bad field.

    `rules` says of each field, by its last name, what it must be. `more` holds errors that the
    caller found by itself.
    """
    errors = list(more)
    try:
        message = model.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        errors += [_field_error(problem["type"], problem["loc"], rules) for problem in found]
    else:
        if not errors:
            return message
    raise ContractError(subject, errors)


def _field_error(kind: str, path: tuple[int | str, ...], rules: Mapping[str, str]) -> FieldError:
    if kind == "extra_forbidden":
        message = "is not a known field"
    elif not path:
        message = "must be a JSON object"
    elif kind == "missing":
        message = f"is missing; it {_rule(path, rules)}"
    else:
        message = _rule(path, rules)
    return {"field": _path(path), "message": message}


def _rule(path: tuple[int | str, ...], rules: Mapping[str, str]) -> str:
    last = path[-1]
    return rules.get(str(last), "is not valid") if isinstance(last, str) else "must be an object"


def _path(path: tuple[int | str, ...]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or WHOLE
