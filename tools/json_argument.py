"""JSON that a person types on the command line."""

from __future__ import annotations

import json
from typing import Any

from tools.processes import WrongUsage


def parse_data(text: str | None) -> Any:
    """Return an event's data, None if none is given; raises WrongUsage if it is not JSON."""
    if text is None:
        return None

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    try:
        return json.loads(text, parse_constant=refuse)
    except ValueError as error:
        raise WrongUsage(
            f"{text!r} is not JSON ({error}). Quote it for the shell, and a text twice: '\"so\"'"
        ) from error
