import asyncio
import os
from pathlib import Path

import pytest

from functions_emulator import watching
from functions_emulator.watching import changes, snapshot, told, wait_for_change


def put(path: Path, text: str = "x") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def test_python_files_and_settings_count_and_what_is_not_the_apps_does_not(
    tmp_path: Path,
) -> None:
    wanted = {
        put(tmp_path / name)
        for name in ("a.py", "package/b.py", "host.json", "local.settings.json")
    }
    for name in (
        "notes.txt", "package/host.json", ".venv/a.py", ".emulator/b.py", "node_modules/c.py",
        "package/__pycache__/d.py", "env/pyvenv.cfg", "env/lib/e.py",
    ):  # fmt: skip
        put(tmp_path / name)
    assert set(snapshot(tmp_path)) == wanted


def test_new_changed_and_removed_files_are_told(tmp_path: Path) -> None:
    kept, changed, removed = (put(tmp_path / f"{name}.py") for name in "abc")
    before = snapshot(tmp_path)
    os.utime(changed, ns=(1, 1))
    os.remove(removed)
    new = put(tmp_path / "d.py")
    assert changes(before, snapshot(tmp_path)) == sorted([changed, removed, new])
    assert kept in before


def test_a_file_that_was_replaced_by_an_equal_one_has_changed(tmp_path: Path) -> None:
    path = put(tmp_path / "a.py", "x = 1")
    before = snapshot(tmp_path)
    time = os.stat(path).st_mtime_ns
    other = put(tmp_path / "other", "y = 1")
    os.utime(other, ns=(time, time))
    os.replace(other, path)
    assert changes(before, snapshot(tmp_path)) == [path]


def test_a_change_is_told_when_no_more_come(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {"a.py": (1, 1, 1)}
    first = {"a.py": (2, 1, 1)}
    second = {**first, "b.py": (3, 1, 1)}
    looks = iter([before, first, second, second])
    monkeypatch.setattr(watching, "snapshot", lambda root: next(looks))
    monkeypatch.setattr(watching, "INTERVAL", 0)
    monkeypatch.setattr(watching, "QUIET_SECONDS", 0)
    assert asyncio.run(wait_for_change(Path(), before)) == ["a.py", "b.py"]
    assert list(looks) == []


def test_a_folder_that_cannot_be_read_is_no_trouble(tmp_path: Path) -> None:
    assert snapshot(tmp_path / "nowhere") == {}


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["a.py"], "a.py has"),
        (["a.py", "b.py"], "a.py and b.py have"),
        (["a.py", "b.py", "c.py", "d.py"], "a.py, b.py and 2 more have"),
    ],
)
def test_the_first_two_files_are_named(names: list[str], text: str) -> None:
    root = Path("root").resolve()
    assert told([str(root / name) for name in names], root) == text
