"""Read the state file: what was under way, one instance, or a page of instances."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from functions_emulator.durable.events import Recorded
from functions_emulator.durable.instance import Instance, Message, Parent, Status, WorkItem
from functions_emulator.durable.statements import STATUS_COLUMNS


@dataclass(frozen=True)
class Query:
    """Say which instances are wanted; times are history texts, `statuses` empty means any."""

    statuses: tuple[str, ...] = ()
    created_from: str | None = None
    created_to: str | None = None
    prefix: str | None = None
    without_entities: bool = False

    def where(self, runtime_status: str | None = None) -> tuple[str, list[str | int]]:
        """Give the SQL condition and its values; `runtime_status` takes one of the `statuses`."""
        conditions = ["1"]
        values: list[str | int] = []
        if runtime_status is not None:
            conditions.append("runtime_status = ?")
            values.append(runtime_status)
        elif self.statuses:
            conditions.append(f"runtime_status IN ({','.join('?' * len(self.statuses))})")
            values.extend(self.statuses)
        if self.created_from is not None:
            conditions.append("created >= ?")
            values.append(self.created_from)
        if self.created_to is not None:
            conditions.append("created <= ?")
            values.append(self.created_to)
        if self.without_entities:
            conditions.append("substr(instance_id, 1, 1) <> '@'")
        if self.prefix:
            # Not `>=` as well: of two lower bounds SQLite takes the index to one.
            conditions.append("substr(instance_id, 1, ?) = ? AND instance_id < ?")
            values.extend([len(self.prefix), self.prefix, self.prefix + chr(sys.maxunicode)])
        return " AND ".join(conditions), values


def status(connection: sqlite3.Connection, instance_id: str) -> Status | None:
    """Read what a status query shows; None for an unknown instance."""
    row = connection.execute(
        f"SELECT {STATUS_COLUMNS} FROM instances WHERE instance_id = ?", (instance_id,)
    ).fetchone()
    return Status(*row) if row else None


def history(connection: sqlite3.Connection, instance_id: str) -> list[Recorded]:
    """Read the history of an instance's current execution."""
    rows = connection.execute(
        "SELECT event FROM history WHERE instance_id = ? ORDER BY sequence", (instance_id,)
    )
    return [Recorded(json.loads(text), text) for (text,) in rows]


def instance(connection: sqlite3.Connection, instance_id: str) -> Instance | None:
    """Read an instance with its history; None for an unknown one."""
    found = status(connection, instance_id)
    if found is None:
        return None
    events = history(connection, instance_id)
    return Instance(found, events, parent_of(events))


def parent_of(events: list[Recorded]) -> Parent | None:
    """Find the orchestration that started this one as its sub-orchestration."""
    for recorded in events[:2]:
        if "ParentInstance" in recorded.event:
            return Parent.of(recorded.event["ParentInstance"])
    return None


def page(
    connection: sqlite3.Connection, query: Query, after: str, size: int
) -> tuple[list[Status], str | None]:
    """Read up to `size` instances behind the id `after`, and where to go on (None: the end)."""
    first = max(after, query.prefix or "")
    statuses: list[str | None] = [*dict.fromkeys(query.statuses)] or [None]
    parts: list[str] = []
    arguments: list[str | int] = []
    # A part for each status: the index gives it in order, however many of others there are.
    for runtime_status in statuses:
        condition, values = query.where(runtime_status)
        parts.append(
            f"SELECT * FROM (SELECT {STATUS_COLUMNS} FROM instances "
            f"WHERE instance_id >= ? AND instance_id <> ? AND {condition} "
            "ORDER BY instance_id LIMIT ?)"
        )
        arguments += [first, after, *values, size + 1]
    rows = connection.execute(
        f"{' UNION ALL '.join(parts)} ORDER BY instance_id LIMIT ?", (*arguments, size + 1)
    ).fetchall()
    found = [Status(*row) for row in rows[:size]]
    return found, found[-1].instance_id if len(rows) > size else None


def ids(connection: sqlite3.Connection, query: Query) -> list[str]:
    """List the ids of the instances wanted."""
    condition, values = query.where()
    rows = connection.execute(f"SELECT instance_id FROM instances WHERE {condition}", values)
    return [instance_id for (instance_id,) in rows]


def messages(connection: sqlite3.Connection) -> Iterator[Message]:
    """Read every message that is on its way, oldest first."""
    rows = connection.execute(
        "SELECT id, instance_id, event, execution_id, due FROM messages ORDER BY id"
    )
    for id_, instance_id, text, execution_id, due in rows:
        yield Message(id_, instance_id, Recorded(json.loads(text), text), execution_id, due)


def work_items(connection: sqlite3.Connection) -> list[WorkItem]:
    """Read every activity that is to be run, oldest first."""
    return [WorkItem(*row) for row in connection.execute("SELECT * FROM work_items ORDER BY id")]


def last_id(connection: sqlite3.Connection) -> int:
    """Find the highest id of a message or work item."""
    (highest,) = connection.execute(
        "SELECT max(coalesce((SELECT max(id) FROM messages), 0),"
        " coalesce((SELECT max(id) FROM work_items), 0))"
    ).fetchone()
    return int(highest)


def setting(connection: sqlite3.Connection, name: str) -> str | None:
    """Read a value of the state file itself."""
    row = connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return row[0] if row else None
