"""What an order weighs in the state file."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from tools.state_pile import TABLES


def weigh(state: Path, order_ids: Iterable[str]) -> list[int]:
    """Tell the bytes of each order: the lengths of its rows' columns, without SQLite's own.

    Reads a copy with its write-ahead log, since a running host has the file to itself. The orders
    must be at rest meanwhile.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / state.name
        for suffix in ("", "-wal"):
            part = state.with_name(state.name + suffix)
            if part.exists():
                shutil.copy(part, copy.with_name(copy.name + suffix))
        with closing(sqlite3.connect(copy)) as connection:
            queries = [_query(connection, table) for table in TABLES]
            return [
                sum(connection.execute(sql, (order_id,)).fetchone()[0] for sql in queries)
                for order_id in order_ids
            ]


def _query(connection: sqlite3.Connection, table: str) -> str:
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    lengths = "+".join(f"coalesce(length(CAST({column} AS BLOB)), 0)" for column in columns)
    return f"SELECT coalesce(sum({lengths}), 0) FROM {table} WHERE instance_id = ?"
