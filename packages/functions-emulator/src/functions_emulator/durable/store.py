"""The state file: one SQLite database that one emulator at a time owns."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from functions_emulator.durable.owner import owner_of
from functions_emulator.durable.statements import INDEXES, SCHEMA, Write
from functions_emulator.errors import AppError

APPLICATION_ID = 0x44754675  # "DuFu": marks the file as an emulator's
SCHEMA_VERSION = 1

log = logging.getLogger("functions_emulator.durable")


class Store:
    """Own the state file and commit writes to it, several callers' in one transaction.

    It belongs to one event loop: everything that is submitted before the loop's next turn is
    committed together. A commit survives the death of the process at any moment (WAL), though
    not always that of the machine: synchronous=NORMAL.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._waiting: list[tuple[list[Write], asyncio.Future[None]]] = []

    @property
    def connection(self) -> sqlite3.Connection:
        """Give the open connection, for reading."""
        assert self._connection is not None, "the state file is not open"
        return self._connection

    def open(self) -> None:
        """Open or make the state file; AppError when it is in use, damaged or not ours."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._path, timeout=0, isolation_level=None)
            self._take()
            self._check()
        except sqlite3.OperationalError as error:
            self.close()
            raise AppError(self._trouble(error)) from error
        except (sqlite3.DatabaseError, OSError) as error:
            self.close()
            raise AppError(
                f"The state file {self._path} cannot be used ({error}): it is damaged or not an "
                "emulator's. Delete it to start afresh, or give another with --state."
            ) from error
        except AppError:
            self.close()
            raise

    def _take(self) -> None:
        # With an exclusive lock SQLite needs no shared memory and refuses a second process; the
        # operating system drops the lock when this one dies, however it dies.
        connection = self.connection
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")

    def _check(self) -> None:
        connection = self.connection
        (application_id,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not tables:
            connection.executescript(
                f"BEGIN; {SCHEMA} PRAGMA application_id={APPLICATION_ID};"
                f"PRAGMA user_version={SCHEMA_VERSION}; COMMIT;"
            )
        elif application_id != APPLICATION_ID:
            raise AppError(
                f"{self._path} is a database of something else, not an emulator's state file. "
                "Give another with --state."
            )
        elif version != SCHEMA_VERSION:
            age = "an older" if version < SCHEMA_VERSION else "a newer"
            raise AppError(
                f"The state file {self._path} was written by {age} version of the emulator "
                f"(format {version}; this one reads format {SCHEMA_VERSION}). Delete it to start "
                "afresh, or give another with --state."
            )
        else:
            (damage,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if damage != "ok":
                raise sqlite3.DatabaseError(damage)
        connection.executescript(INDEXES)

    def _trouble(self, error: sqlite3.OperationalError) -> str:
        if "locked" in str(error):
            return (
                f"Another emulator{owner_of(self._path)} is running on the state file "
                f"{self._path}. Stop it, or give this one a file of its own with --state."
            )
        return (
            f"The state file {self._path} cannot be opened ({error}). "
            "Check that its folder can be written, or give another with --state."
        )

    def close(self) -> None:
        """Commit what is waiting and close the file."""
        self.flush()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def commit(self, writes: Iterable[Write]) -> asyncio.Future[None]:
        """Commit writes, all or none; the future is done when they are on disk."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self.flush)
        self._waiting.append((list(writes), future))
        return future

    @property
    def has_waiting_writes(self) -> bool:
        """Tell whether something is to be committed."""
        return bool(self._waiting)

    @property
    def changes(self) -> int:
        """Count the rows changed since the file was opened: the same number, the same state."""
        return self.connection.total_changes

    def flush(self) -> None:
        """Commit what is waiting now."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            self._write(write for writes, _ in waiting for write in writes)
        except sqlite3.Error:
            self._flush_one_by_one(waiting)
            return
        for _, future in waiting:
            if not future.done():
                future.set_result(None)

    def _flush_one_by_one(self, waiting: list[tuple[list[Write], asyncio.Future[None]]]) -> None:
        for writes, future in waiting:
            try:
                self._write(writes)
            except sqlite3.Error as error:
                log.error("The state file %s cannot be written: %s", self._path, error)
                if not future.done():
                    future.set_exception(error)
            else:
                if not future.done():
                    future.set_result(None)

    def _write(self, writes: Iterable[Write]) -> None:
        connection = self.connection
        connection.execute("BEGIN")
        try:
            for sql, rows in writes:
                if rows:
                    connection.executemany(sql, rows)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
