"""A folder that is no app says what was looked for, and where."""

from pathlib import Path

import pytest

from functions_emulator.app.loader import load_functions
from functions_emulator.app.settings_files import load_settings
from functions_emulator.errors import AppError


def refused(folder: Path) -> str:
    with pytest.raises(AppError) as error:
        load_settings(folder, {})
        load_functions(folder)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "nowhere") == f"there is no folder {tmp_path / 'nowhere'}."


def test_an_empty_folder_names_both_files_that_are_missing(tmp_path: Path) -> None:
    message = refused(tmp_path)
    assert message.startswith(f"there is no function app in {tmp_path}: it has no host.json and no")
    assert "function_app.py" in message and "--app-root" in message


def test_an_app_one_folder_below_is_pointed_to(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "host.json").write_text("{}")
    assert f"--app-root {tmp_path / 'src'}" in refused(tmp_path)


def test_an_app_without_host_json(tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text("")
    message = refused(tmp_path)
    assert f"no host.json in {tmp_path}" in message and '{"version": "2.0"}' in message


def test_an_app_without_its_script(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    assert refused(tmp_path).startswith(f"there is no function_app.py in {tmp_path};")


def test_an_app_of_the_first_programming_model_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "Hello").mkdir()
    (tmp_path / "Hello" / "function.json").write_text("{}")
    message = refused(tmp_path)
    assert "first programming model (Hello/function.json)" in message
