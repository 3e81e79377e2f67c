"""JSON as the host reads it: with comments, trailing commas and a byte order mark."""

import json
import re
from pathlib import Path
from typing import Any

from functions_emulator.errors import AppError

_STRING_OR_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_STRING_OR_TRAILING_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])', re.DOTALL)


def _keep_lines(match: re.Match[str]) -> str:
    return match.group(1) or "\n" * match.group(0).count("\n")


def read_json_object(path: Path) -> dict[str, Any]:
    """Read a settings file; raise AppError with file and line if it is no JSON object."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise AppError(f"{path.name} cannot be read: {error}") from error
    text = _STRING_OR_COMMENT.sub(_keep_lines, text)
    text = _STRING_OR_TRAILING_COMMA.sub(lambda match: match.group(1) or "", text)
    try:
        value = json.loads(text)
    except ValueError as error:
        line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise AppError(f"{path.name}{line}: not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise AppError(f"{path.name}: must be a JSON object, such as {{...}}")
    return value
