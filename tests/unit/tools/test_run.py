import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools import run
from tools.processes import ToolError, ending


@contextmanager
def listening() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize("text", ["", "0", "65536", "-1", "http", "70 71"])
def test_a_port_that_is_none_is_named(text: str) -> None:
    with pytest.raises(ToolError, match=f"PORT={text} is no port"):
        run.parse_port(text)


def test_a_taken_port_is_one_line_with_what_to_do() -> None:
    with listening() as port, pytest.raises(ToolError) as error:
        run.parse_port(str(port))
    assert str(error.value).startswith(f"Port {port} is in use.")
    assert f"make run PORT={port + 1}" in str(error.value)
    assert "\n" not in str(error.value)


def test_storage_elsewhere_starts_no_azurite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", "AccountName=mine")
    with run.open_storage(tmp_path) as storage:
        assert storage.azurite is None
        assert storage.connection == "AccountName=mine"


def test_a_port_of_azurite_taken_by_something_else_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    with listening() as port:
        monkeypatch.setattr(run, "DEFAULT_PORTS", (port, port, port))
        monkeypatch.setattr(run, "answers", lambda service, port: False)
        with pytest.raises(ToolError, match=f"Port {port} is in use"), run.open_storage(tmp_path):
            pass


def test_an_azurite_that_already_runs_is_used_and_its_data_told_to_be_another_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    monkeypatch.setattr(run, "answers", lambda service, port: True)
    monkeypatch.setattr(run, "check", lambda connection: None)
    with run.open_storage(tmp_path) as storage:
        assert storage.azurite is None
        assert storage.connection == "UseDevelopmentStorage=true"
    assert "Its data may not be those in" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("exit_code", "words"),
    [
        (-9, "was ended by the signal SIGKILL (9)"),
        (137, "was ended by the signal SIGKILL (9)"),
        (143, "was ended by the signal SIGTERM (15)"),
        (1, "ended by itself with exit code 1"),
        (0, "ended by itself with exit code 0"),
        (255, "ended by itself with exit code 255"),
    ],
)
def test_how_a_process_ended_is_told_in_words(exit_code: int, words: str) -> None:
    assert ending(exit_code) == words


def test_an_azurite_that_is_no_use_to_the_app_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(connection: str) -> None:
        raise ToolError("Azurite is too old")

    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    monkeypatch.setattr(run, "answers", lambda service, port: True)
    monkeypatch.setattr(run, "check", refuse)
    with pytest.raises(ToolError, match="too old"), run.open_storage(tmp_path):
        pass
