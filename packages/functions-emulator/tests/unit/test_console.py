import io
import logging
from collections.abc import Iterator

import pytest

from functions_emulator.console import LevelFilter, LineFormatter, colours
from functions_emulator.worker.scope import Scope, current_scope

ID = "0123456789abcdef"


def record(name: str, level: int = logging.INFO, message: str = "hello") -> logging.LogRecord:
    return logging.LogRecord(name, level, "file", 1, message, (), None)


@pytest.fixture
def scope() -> Iterator[None]:
    token = current_scope.set(Scope("Check", ID))
    yield
    current_scope.reset(token)


@pytest.mark.usefixtures("scope")
def test_a_line_of_the_app_names_its_function_and_invocation() -> None:
    line = LineFormatter(colour=False).format(record("root"))
    assert line.endswith("Z] [Check 01234567] hello")


def test_a_line_of_an_orchestration_names_its_instance() -> None:
    token = current_scope.set(Scope("Check", ID, "order-1"))
    assert LineFormatter(False).format(record("root")).endswith("] [Check order-1] hello")
    current_scope.reset(token)


@pytest.mark.usefixtures("scope")
def test_a_line_of_the_host_stands_for_itself() -> None:
    for name in ("Function.Check", "functions_emulator.queue"):
        assert LineFormatter(False).format(record(name)).endswith("Z] hello")


def test_warnings_and_errors_say_so() -> None:
    line = LineFormatter(False).format(record("functions_emulator", logging.ERROR))
    assert line.endswith("Z] ERROR: hello")


def test_colour_is_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert colours(Terminal()) and not colours(io.StringIO())
    assert "\x1b[31m" in LineFormatter(True).format(record("functions_emulator", logging.ERROR))
    assert "\x1b" not in LineFormatter(False).format(record("functions_emulator", logging.ERROR))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colours(Terminal())


@pytest.mark.usefixtures("scope")
@pytest.mark.parametrize(
    ("name", "level", "shown"),
    [
        ("root", logging.INFO, False),
        ("root", logging.WARNING, True),
        ("Function.Check", logging.WARNING, False),
        ("Function.Check", logging.ERROR, True),
        ("functions_emulator.queue", logging.DEBUG, True),
        ("functions_emulator.http", logging.DEBUG, False),
        ("functions_emulator.http", logging.INFO, True),
    ],
)
def test_log_levels_of_host_json_go_by_the_longest_category(
    name: str, level: int, shown: bool
) -> None:
    levels = LevelFilter(
        {"Function": "Error", "Function.Check.User": "Warning", "Host.queue": "Debug"}
    )
    assert levels.filter(record(name, level)) is shown
    assert levels.lowest == logging.DEBUG


@pytest.mark.usefixtures("scope")
@pytest.mark.parametrize(
    ("name", "level", "shown"),
    [
        ("root", logging.INFO, True),
        ("Function.Check", logging.INFO, False),
        ("Function.Check", logging.WARNING, True),
        ("Function.CheckTwice", logging.WARNING, False),
        ("functions_emulator.durable", logging.INFO, False),
        ("functions_emulator.durable", logging.WARNING, True),
        ("functions_emulator.http", logging.INFO, True),
    ],
)
def test_a_category_fits_what_begins_with_it_and_a_star_in_it_fits_any_text(
    name: str, level: int, shown: bool
) -> None:
    levels = LevelFilter(
        {
            "function": "Warning",
            "Function.*.User": "Information",
            "Function.CheckT": "Error",
            "Host.Triggers.DurableTask": "Warning",
        }
    )
    assert levels.filter(record(name, level)) is shown


def test_the_default_level_serves_other_categories() -> None:
    levels = LevelFilter({"default": "Warning"})
    assert [levels.filter(record("root", level)) for level in (20, 30)] == [False, True]
