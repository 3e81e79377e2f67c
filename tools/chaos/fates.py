"""What became of each message, as the host's growing logs say."""

from __future__ import annotations

from pathlib import Path

from tools.audit.record import Record


class Fates:
    """Reads each line of the logs once, and tells a record of the messages that were dealt with."""

    def __init__(self) -> None:
        self._read: dict[Path, int] = {}

    def tell(self, record: Record, logs: list[Path]) -> None:
        """Add what the logs say of messages, and was not read before, to a record's log."""
        for path in logs:
            if not path.exists():
                continue
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                lines = file.read().splitlines(keepends=True)
            whole = [line for line in lines if line.endswith(b"\n")]
            self._read[path] = self._read.get(path, 0) + sum(map(len, whole))
            told = [line for line in whole if b"Message " in line]
            record.log += b"".join(told).decode(errors="replace")
