"""Notice that files of the app have changed, by looking at them now and then.

Looking works on every platform and file system, network folders and containers included, and
needs no package; a few hundred files take milliseconds.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

INTERVAL = 0.5
# FileMonitoringService.cs waits as long for more changes.
QUIET_SECONDS = 0.5
# Looking may take this part of one core's time.
_LARGEST_SHARE = 0.02
_SETTINGS = frozenset({"host.json", "local.settings.json"})
_IGNORED = frozenset({"node_modules", "__pycache__"})

Snapshot = Mapping[str, tuple[int, int, int]]


def snapshot(root: Path) -> Snapshot:
    """Return the files of an app that count, each with what changes when it does.

    Its settings and all its .py files: not those in folders that start with a dot or are a
    virtual environment, whatever its name.
    """
    found: dict[str, tuple[int, int, int]] = {}
    folders = [str(root)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                listed = list(entries)
        except OSError:
            continue
        if any(entry.name == "pyvenv.cfg" for entry in listed):
            continue
        for entry in listed:
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(".") and entry.name not in _IGNORED:
                    folders.append(entry.path)
            elif entry.name.endswith(".py") or _is_settings(entry.path, root):
                try:
                    status = os.stat(entry.path)
                except OSError:
                    continue
                found[entry.path] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found


def _is_settings(path: str, root: Path) -> bool:
    name = os.path.basename(path)
    return name in _SETTINGS and os.path.dirname(path) == str(root)


def changes(before: Snapshot, after: Snapshot) -> list[str]:
    """Return the paths that were added, changed or removed."""
    return sorted(
        path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
    )


async def wait_for_change(root: Path, before: Snapshot) -> list[str]:
    """Wait until files differ from a snapshot and then stay as they are for a moment."""
    seen = before
    while True:
        started = time.monotonic()
        now = await asyncio.to_thread(snapshot, root)
        cost = time.monotonic() - started
        changed = changes(before, now)
        if changed and not changes(seen, now):
            return changed
        seen = now
        await asyncio.sleep(QUIET_SECONDS if changed else max(INTERVAL, cost / _LARGEST_SHARE))


def told(paths: Sequence[str], root: Path) -> str:
    """Say which files these are, the first two by name, with the verb that follows."""
    names = [os.path.relpath(path, root) for path in paths]
    if len(names) == 1:
        return f"{names[0]} has"
    if len(names) == 2:
        return f"{names[0]} and {names[1]} have"
    return f"{names[0]}, {names[1]} and {len(names) - 2} more have"
