"""The command line of the benchmark, without a measurement."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks.__main__ import tool
from tools.hosts import ROOT

# A benchmark that measures nothing and takes for ever, so that somebody stops it.
ENDLESS = """
import sys, time
from types import SimpleNamespace
from benchmarks import __main__ as command

def endless(*arguments, **more):
    print("measuring", flush=True)
    time.sleep(60)

command.PACKAGES = ()
command._module = lambda part, name: SimpleNamespace(measure=endless)
command.describe = dict
sys.exit(command.tool.run())
"""


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    return ["--output", str(tmp_path / "bench.json"), "--plot", str(tmp_path / "bench.png")]


def test_a_benchmark_that_is_stopped_says_so_and_leaves_no_files(
    tmp_path: Path, files: list[str]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS, *files],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and process.stderr
        assert process.stdout.readline() == "Orders on Azurite ...\n"
        assert process.stdout.readline() == "measuring\n"
        process.send_signal(signal.SIGINT)
        told = "\nStopped; nothing was written, and nothing is left running.\n"
        assert process.stderr.read() == told
        assert process.wait(30) == 130
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_there_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    path.write_text("{}")
    command.check_writable("--output", path)
    assert path.read_text() == "{}"


def test_a_file_that_cannot_be_written_is_told_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "PACKAGES", ())
    nowhere = tmp_path / "missing" / "bench.png"
    assert tool.run(["--output", str(tmp_path / "bench.json"), "--plot", str(nowhere)]) == 2
    told = capsys.readouterr().err
    assert told == f"{nowhere} cannot be written: No such file or directory. Name another: --plot\n"
    assert list(tmp_path.iterdir()) == []


def test_missing_packages_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "PACKAGES", ("json", "no_such_package"))
    assert tool.run([]) == 1
    assert (
        capsys.readouterr().err == "no_such_package missing. Run: make bench (it installs them)\n"
    )


def test_the_parts_are_those_that_the_command_line_names() -> None:
    assert command._parts([], None) == ["orders", "engine", "growth", "beside"]
    assert command._parts([], "898c4a3") == ["against"]
    assert command._parts(["growth", "growth"], "898c4a3") == ["growth", "against"]


def test_an_unknown_part_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.run(["--only", "nonsense"]) == 2
    assert "orders" in capsys.readouterr().err
