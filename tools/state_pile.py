"""Copies of one order in the state file, as if thousands had been placed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

# What the emulator's state file knows of an order.
TABLES = ("instances", "history", "messages")


def pile_up_in_state(state: Path, template: str, copies: Iterable[str]) -> None:
    """Copy an order's rows under other ids; the host must be stopped.

    Ids should be as long as the template's. It is replaced wherever it stands in a row: in the
    input, the history and the messages too. Messages get numbers of their own.
    """
    with closing(sqlite3.connect(state)) as connection, connection:
        connection.execute("CREATE TEMP TABLE copies (id TEXT PRIMARY KEY)")
        connection.executemany("INSERT INTO copies VALUES (?)", [(copy,) for copy in copies])
        for table in TABLES:
            connection.execute(_copy(connection, table), {"template": template})


def _copy(connection: sqlite3.Connection, table: str) -> str:
    found = connection.execute(f"PRAGMA table_info({table})")
    types = {row[1]: row[2] for row in found if row[1] != "id"}
    values = [
        f"replace({name}, :template, copies.id)" if type_ == "TEXT" else name
        for name, type_ in types.items()
    ]
    return (
        f"INSERT INTO {table} ({', '.join(types)}) SELECT {', '.join(values)} "
        f"FROM {table}, copies WHERE instance_id = :template"
    )
