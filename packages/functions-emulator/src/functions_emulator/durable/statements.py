"""The SQL of the state file: each function gives one write, to be committed with others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any

from functions_emulator.durable.events import Recorded
from functions_emulator.durable.instance import Instance, Message, Status, WorkItem

Write = tuple[str, Sequence[Sequence[Any]]]

SCHEMA = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE instances (
    instance_id TEXT PRIMARY KEY, execution_id TEXT NOT NULL, name TEXT NOT NULL, version TEXT,
    input TEXT, output TEXT, custom_status TEXT, runtime_status TEXT NOT NULL,
    created TEXT NOT NULL, updated TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE history (
    instance_id TEXT NOT NULL, sequence INTEGER NOT NULL, event TEXT NOT NULL,
    PRIMARY KEY (instance_id, sequence)
) WITHOUT ROWID;
CREATE TABLE messages (
    id INTEGER PRIMARY KEY, instance_id TEXT NOT NULL, event TEXT NOT NULL,
    execution_id TEXT, due REAL
);
CREATE INDEX messages_of_instance ON messages (instance_id);
CREATE TABLE work_items (
    id INTEGER PRIMARY KEY, instance_id TEXT NOT NULL, execution_id TEXT NOT NULL,
    task_id INTEGER NOT NULL, name TEXT NOT NULL, input TEXT
);
CREATE INDEX work_items_of_instance ON work_items (instance_id);
"""
# Made for every file at its opening: older ones have none.
INDEXES = """
CREATE INDEX IF NOT EXISTS instances_by_status ON instances (runtime_status, instance_id);
"""

# dataclasses.astuple copies what it finds in depth: a tenth of the host's work for an order.
_row_of_status = attrgetter(*(each.name for each in fields(Status)))
_row_of_item = attrgetter(*(each.name for each in fields(WorkItem)))

STATUS_COLUMNS = (
    "instance_id, execution_id, name, version, input, output, custom_status, runtime_status, "
    "created, updated"
)


def put_status(status: Status) -> Write:
    """Write what a status query shows."""
    sql = f"INSERT OR REPLACE INTO instances ({STATUS_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)"
    return sql, [_row_of_status(status)]


def append_history(instance_id: str, start: int, events: Sequence[Recorded]) -> Write:
    """Write events behind the first `start` ones of an instance."""
    return (
        "INSERT INTO history (instance_id, sequence, event) VALUES (?, ?, ?)",
        [(instance_id, start + index, event.text) for index, event in enumerate(events)],
    )


def delete_history(instance_id: str) -> Write:
    """Forget the history of an instance."""
    return "DELETE FROM history WHERE instance_id = ?", [(instance_id,)]


def replace_history(instance: Instance) -> list[Write]:
    """Write the whole history of an instance anew."""
    instance_id = instance.status.instance_id
    return [delete_history(instance_id), append_history(instance_id, 0, instance.history)]


def put_messages(messages: Iterable[Message]) -> Write:
    """Write messages that are on their way."""
    return (
        "INSERT INTO messages (id, instance_id, event, execution_id, due) VALUES (?,?,?,?,?)",
        [(m.id, m.instance_id, m.event.text, m.execution_id, m.due) for m in messages],
    )


def delete_messages(ids: Iterable[int]) -> Write:
    """Forget messages that have been processed."""
    return "DELETE FROM messages WHERE id = ?", [(id_,) for id_ in ids]


def delete_messages_of(instance_id: str) -> Write:
    """Forget every message to an instance."""
    return "DELETE FROM messages WHERE instance_id = ?", [(instance_id,)]


def delete_answers(instance_id: str, execution_id: str) -> Write:
    """Forget what one execution had coming, and keep the events sent to the instance."""
    return (
        "DELETE FROM messages WHERE instance_id = ? AND execution_id = ?",
        [(instance_id, execution_id)],
    )


def put_work_items(items: Iterable[WorkItem]) -> Write:
    """Write activities that are to be run."""
    return "INSERT INTO work_items VALUES (?,?,?,?,?,?)", [_row_of_item(item) for item in items]


def delete_work_item(id_: int) -> Write:
    """Forget an activity that has been run."""
    return "DELETE FROM work_items WHERE id = ?", [(id_,)]


def delete_instance(instance_id: str) -> list[Write]:
    """Forget an instance and all that belongs to it."""
    return [
        (f"DELETE FROM {table} WHERE instance_id = ?", [(instance_id,)])
        for table in ("instances", "history", "messages", "work_items")
    ]


def delete_everything() -> list[Write]:
    """Forget every instance and the settings of the file."""
    tables = ("instances", "history", "messages", "work_items", "settings")
    return [(f"DELETE FROM {table}", [()]) for table in tables]


def delete_status(instance_id: str) -> Write:
    """Forget how an instance stands, and keep what is on its way to it."""
    return "DELETE FROM instances WHERE instance_id = ?", [(instance_id,)]


def put_setting(name: str, value: str) -> Write:
    """Write a value of the state file itself."""
    return "INSERT OR REPLACE INTO settings VALUES (?, ?)", [(name, value)]
