import asyncio
import sqlite3
from pathlib import Path

import pytest

from functions_emulator.durable import reading
from functions_emulator.durable.statements import put_setting
from functions_emulator.durable.store import Store
from functions_emulator.errors import AppError


def test_a_commit_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    async def write() -> None:
        store = Store(tmp_path / "folder" / "state.db")
        store.open()
        await store.commit([put_setting("a", "1")])
        store.close()

    asyncio.run(write())
    store = Store(tmp_path / "folder" / "state.db")
    store.open()
    assert reading.setting(store.connection, "a") == "1"
    store.close()


def test_several_commits_of_one_moment_are_one_transaction(tmp_path: Path) -> None:
    async def write() -> list[str]:
        store = Store(tmp_path / "state.db")
        store.open()
        statements: list[str] = []
        store.connection.set_trace_callback(statements.append)
        await asyncio.gather(*(store.commit([put_setting(f"{n}", "1")]) for n in range(5)))
        store.connection.set_trace_callback(None)
        store.close()
        return statements

    assert [line for line in asyncio.run(write()) if "COMMIT" in line] == ["COMMIT"]


def test_a_commit_that_fails_takes_nothing_with_it(tmp_path: Path) -> None:
    async def write() -> None:
        store = Store(tmp_path / "state.db")
        store.open()
        good = store.commit([put_setting("good", "1")])
        broken = store.commit(
            [put_setting("half", "1"), ("INSERT INTO nowhere VALUES (?)", [(1,)])]
        )
        await good
        with pytest.raises(sqlite3.Error):
            await broken
        assert reading.setting(store.connection, "good") == "1"
        assert reading.setting(store.connection, "half") is None
        store.close()

    asyncio.run(write())


def test_closing_commits_what_is_waiting(tmp_path: Path) -> None:
    async def write() -> None:
        store = Store(tmp_path / "state.db")
        store.open()
        waiting = store.commit([put_setting("a", "1")])
        store.close()
        await waiting

    asyncio.run(write())
    store = Store(tmp_path / "state.db")
    store.open()
    assert reading.setting(store.connection, "a") == "1"
    store.close()


def refused(path: Path) -> str:
    store = Store(path)
    with pytest.raises(AppError) as error:
        store.open()
    return str(error.value)


def test_a_file_in_use_is_refused(tmp_path: Path) -> None:
    first = Store(tmp_path / "state.db")
    first.open()
    assert "Another emulator" in refused(tmp_path / "state.db")
    first.close()


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"rubbish" * 1000)
    assert "damaged" in refused(tmp_path / "state.db")


def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE precious (x)")
    other.close()
    assert "something else" in refused(path)
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("precious",)]
    other.close()


@pytest.mark.parametrize(("version", "age"), [(0, "an older"), (99, "a newer")])
def test_a_file_of_another_format_is_refused_with_what_to_do(
    tmp_path: Path, version: int, age: str
) -> None:
    path = tmp_path / "state.db"
    store = Store(path)
    store.open()
    store.connection.execute(f"PRAGMA user_version={version}")
    store.close()
    message = refused(path)
    assert f"{age} version of the emulator (format {version}; this one" in message
    assert "Delete it" in message and "--state" in message


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "state" in refused(tmp_path / "file" / "state.db")
