"""Which browser the tests of the page and the screenshots take."""

from pathlib import Path

import pytest

from tools import browser
from tools.processes import ToolError


def program(folder: Path, name: str) -> str:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROME", raising=False)
    return tmp_path


def test_none_is_found_where_none_is(path: Path) -> None:
    assert browser.find_chromium() is None
    with pytest.raises(ToolError, match="apt-get install chromium"), browser.open_browser():
        pass


@pytest.mark.parametrize("name", browser.NAMES)
def test_one_on_the_path_is_found(path: Path, name: str) -> None:
    expected = program(path, name)
    assert browser.find_chromium() == expected


def test_the_one_that_is_named_wins(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(path, "chromium")
    named = program(path, "mine")
    monkeypatch.setenv("CHROME", named)
    assert browser.find_chromium() == named
    monkeypatch.setenv("CHROME", "/nowhere/chrome")
    with pytest.raises(ToolError, match="CHROME=/nowhere/chrome is no program"):
        browser.find_chromium()
