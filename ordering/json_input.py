"""Input from outside: JSON read strictly, and every bad field told by name.

What is accepted here can be stored and sent on.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypedDict, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

# The host's own JSON reader refuses more than 64 levels (Newtonsoft.Json 13); data of ours is
# wrapped in a few more on its way.
DEEPEST = 32
LONGEST_NUMBER = 400
# The name of the input as a whole, where no field of it is to blame.
WHOLE = "body"
UNKNOWN_FIELD = "is not a known field"


class JsonError(ValueError):
    """The text is not JSON, or JSON that cannot be passed on; says why in one line."""


def parse_json(text: bytes | str) -> Any:
    """Return the value of a JSON text in UTF-8.

    Refuses what the standard leaves open and storage, the host or another reader would
    understand differently: NaN and infinities, repeated names, unpaired surrogates, more than
    32 levels. Raises JsonError.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_decimal,
        )
    except JsonError:
        raise
    except UnicodeDecodeError:
        raise JsonError("it is not UTF-8 text") from None
    except RecursionError:
        raise JsonError(f"it is nested deeper than {DEEPEST} levels") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise JsonError(f"it is not JSON ({error.msg} at {place})") from None
    _check(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise JsonError(f"it has the name {_shown(name)} twice in one object")
        seen.add(name)
    return value


def _constant(name: str) -> NoReturn:
    raise JsonError(f"it holds {name}, which is not a JSON number")


def _integer(digits: str) -> int:
    # int() itself refuses more than 4,300 digits since Python 3.11.
    if len(digits) > LONGEST_NUMBER:
        raise JsonError(f"it holds a number of {len(digits)} digits")
    return int(digits)


def _decimal(digits: str) -> float:
    value = float(digits) if len(digits) <= LONGEST_NUMBER else math.inf
    if math.isinf(value):
        raise JsonError("it holds a number that is too large or too long")
    return value


def _check(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for item in level:
            if isinstance(item, str):
                _check_text(item)
            elif isinstance(item, dict):
                for name in item:
                    _check_text(name)
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        if not below:
            return
        level = below
    raise JsonError(f"it is nested deeper than {DEEPEST} levels")


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise JsonError(f"the text {_shown(text)} holds an unpaired surrogate") from None


def _shown(text: str) -> str:
    return json.dumps(text if len(text) <= 40 else text[:40] + "...")


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
        message = UNKNOWN_FIELD
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
