"""A note beside the state file of who has it, for whoever wants it too.

The lock of the file decides; the note only gives it a name. What a killed process leaves is
overwritten by the next.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path


def _note(state: Path) -> Path:
    return state.with_name(f"{state.name}.owner")


def note_owner(state: Path, url: str) -> None:
    """Note that this process has the state file; `url` is that of its host."""
    with suppress(OSError):
        _note(state).write_text(json.dumps({"pid": os.getpid(), "url": url}))


def forget_owner(state: Path) -> None:
    """Take the note away; call it before the file is let go."""
    with suppress(OSError):
        _note(state).unlink()


def owner_of(state: Path) -> str:
    """Return ` (process 123, http://...)`, or nothing if there is no note."""
    try:
        found = json.loads(_note(state).read_text())
        return f" (process {found['pid']}, {found['url']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
