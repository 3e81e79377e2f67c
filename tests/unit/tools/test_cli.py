"""What all tools have in common: their help, their exit codes, how they end."""

import errno
import importlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tools.cli import EXIT_CODES, Tool
from tools.console import say
from tools.hosts import ROOT
from tools.processes import NoAnswer, ToolError, WrongUsage

TOOLS = ["audit.__main__", "demo", "events", "orders.__main__", "run", "screenshots"]
MODULES = [*(f"tools.{name}" for name in TOOLS), "tools.chaos.__main__", "benchmarks.__main__"]

SCRIPT = """
import sys, time
from tools.cli import Tool
from tools.console import say
tool = Tool("x", "A tool.")

@tool.command()
def go(wait: bool = False) -> int:
    say("first")
    time.sleep(60 if wait else 0)
    for _ in range(100_000):
        say("another line")
    return 0

sys.exit(tool.run())
"""


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def tool_of(module: str) -> Tool:
    found = importlib.import_module(module).tool
    assert isinstance(found, Tool)
    return found


@pytest.mark.parametrize("module", MODULES)
def test_the_help_of_every_tool_ends_with_the_same_exit_codes(
    module: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool_of(module).run(["--help"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.strip().splitlines()]
    wanted = [line.strip() for line in EXIT_CODES.splitlines()]
    assert lines[-len(wanted) :] == wanted
    assert f"Usage: python -m {module.removesuffix('.__main__')} " in lines[0]


@pytest.mark.parametrize("command", ["list", "place", "watch", "stock set"])
def test_so_does_the_help_of_every_command(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool_of("tools.orders.__main__").run([*command.split(), "--help"]) == 0
    assert "141  whoever read the output has stopped" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("module", "command", "shown"),
    [
        ("orders.__main__", "restock", ["python -m tools.orders restock espresso-machine 5"]),
        ("orders.__main__", "stock show", ["python -m tools.orders stock show"]),
        (
            "events",
            "replay-poison",
            [
                "python -m tools.events replay-poison --all",
                "python -m tools.events replay-poison MESSAGE-ID \\",
                '--as \'{"instanceID": "order-17", "EventName": "Proceed"}\'',
            ],
        ),
    ],
)
def test_the_help_of_a_command_has_its_own_examples_only(
    module: str, command: str, shown: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool_of(f"tools.{module}").run([*command.split(), "--help"]) == 0
    examples = capsys.readouterr().out.partition("Examples:")[2].partition("Exit codes:")[0]
    assert [line.strip() for line in examples.strip().splitlines()] == shown


@pytest.mark.parametrize(
    ("module", "group"), [("events", []), ("orders.__main__", []), ("orders.__main__", ["stock"])]
)
def test_no_command_in_a_list_of_commands_is_cut_short(
    module: str, group: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    tool_of(f"tools.{module}").run([*group, "--help"])
    commands = capsys.readouterr().out.partition("Commands:")[2].partition("Examples:")[0]
    assert commands.strip() and "..." not in commands


@pytest.mark.parametrize("module", MODULES)
def test_an_unknown_option_is_wrong_usage_everywhere(
    module: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool_of(module).run(["--nonsense"]) == 2
    printed = capsys.readouterr()
    assert "--nonsense" in printed.err and printed.out == ""


@pytest.mark.parametrize(
    ("error", "code"), [(ToolError, 1), (WrongUsage, 2), (NoAnswer, 4), (KeyboardInterrupt, 130)]
)
def test_what_a_command_raises_is_one_line_and_its_exit_code(
    error: type[BaseException], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = Tool("x", "A tool.")

    @tool.command()
    def go() -> int:
        raise error("Do that instead.")

    assert tool.run([]) == code
    assert capsys.readouterr().err == ("Do that instead.\n" if code != 130 else "")


def test_what_a_command_answers_is_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    tool = Tool("x", "A tool.")

    @tool.command()
    def go(name: str) -> int:
        say(name)
        return 3

    assert tool.run(["ada"]) == 3
    assert capsys.readouterr().out == "ada\n"


def test_a_connection_that_breaks_is_no_closed_output(capsys: pytest.CaptureFixture[str]) -> None:
    tool = Tool("x", "A tool.")

    @tool.command()
    def go() -> int:
        raise BrokenPipeError(errno.EPIPE, "that of a connection")

    assert tool.run([]) == 4
    assert "A connection was closed by the other side." in capsys.readouterr().err


def test_a_reader_that_stops_reading_ends_the_tool_quietly() -> None:
    with started() as process:
        assert process.stdout and process.stderr
        assert process.stdout.readline() == "first\n"
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(30) == 141


def test_so_does_a_reader_of_the_help() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    finished = subprocess.run(
        [sys.executable, "-m", "tools.orders", "--help"],
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    assert (finished.returncode, finished.stderr) == (141, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_tool_quietly_with_its_exit_code(number: int) -> None:
    with started("--wait") as process:
        assert process.stdout and process.stderr
        assert process.stdout.readline() == "first\n"
        process.send_signal(number)
        assert process.stderr.read() == ""
        assert process.wait(30) == 128 + number


@pytest.mark.parametrize("module", ["tools.demo", "tools.orders", "tools.events", "benchmarks"])
def test_a_python_without_the_packages_says_what_to_do(module: str) -> None:
    # -S: without the folder that holds them.
    finished = subprocess.run(
        [sys.executable, "-S", "-m", module], cwd=ROOT, capture_output=True, text=True
    )
    assert finished.returncode == 2
    assert finished.stderr.count("\n") == 1 and finished.stdout == ""
    assert "lacks packages of the project" in finished.stderr
    assert ".venv/bin/python" in finished.stderr


def test_a_clone_without_a_virtual_environment_is_told_to_make_one(tmp_path: Path) -> None:
    for name in ("__init__.py", "starting.py", "demo.py"):
        (tmp_path / "tools").mkdir(exist_ok=True)
        (tmp_path / "tools" / name).write_text((ROOT / "tools" / name).read_text())
    finished = subprocess.run(
        [sys.executable, "-S", "-m", "tools.demo"], cwd=tmp_path, capture_output=True, text=True
    )
    assert finished.returncode == 2
    assert "Run `make setup`" in finished.stderr
