"""Who listens on a port, as far as the system tells everyone: on Linux, from /proc."""

import os
import sys
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_LISTENING = "0A"  # include/net/tcp_states.h of Linux
_LONGEST = 60


def blame(port: int) -> str:
    """Return who has a port and what to do about it, as the rest of a sentence."""
    process = _process_listening(port)
    if process is not None:
        return f"by process {process} ({_command_of(process)}); stop it,"
    find = f"netstat -ano | findstr :{port}" if sys.platform == "win32" else f"lsof -i :{port}"
    return f"(`{find}` may tell by what); stop the program that has it,"


def _process_listening(port: int) -> int | None:
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    if not sockets:
        return None
    for folder in _PROC.glob("[0-9]*"):
        with suppress(OSError):
            for descriptor in (folder / "fd").iterdir():
                with suppress(OSError):
                    if os.readlink(descriptor) in sockets:
                        return int(folder.name)
    return None


def _inodes(port: int) -> set[str]:
    found: set[str] = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(fields[9])
    return found


def _command_of(process: int) -> str:
    with suppress(OSError):
        words = (_PROC / str(process) / "cmdline").read_bytes().split(b"\0")
        text = b" ".join(words).decode(errors="replace").strip()
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return "its command is hidden"
