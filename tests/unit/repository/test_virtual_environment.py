"""`make` and the Python in .venv: which it takes, remakes and refuses, each with a sentence."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tools.hosts import ROOT

# Enough of a Python for the script: it tells its version, and makes a folder with itself in it.
FAKE = """#!/bin/sh
case "$*" in
    *version_info*) echo {version} ;;
    *ensurepip*) exit {without_venv} ;;
    "-m venv --clear "*)
        rm -rf "$4"; mkdir -p "$4/bin"; cp "$0" "$4/bin/python" ;;
    *) exit 9 ;;
esac
"""


class Machine:
    """A machine that has only the Pythons that a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.venv = folder / ".venv"

    def put(self, name: str, version: str, *, without_venv: bool = False) -> None:
        path = self.bin / name
        path.write_text(FAKE.format(version=version, without_venv=int(without_venv)))
        path.chmod(0o755)

    def make(self, python: str = "python3", *, asked: bool = False) -> tuple[int, str]:
        """Return the exit code of the script and what it printed."""
        finished = subprocess.run(
            [
                "/bin/sh",
                str(ROOT / "tools" / "venv.sh"),
                python,
                str(self.venv),
                "command line" if asked else "file",
                "3.10 3.11 3.12 3.13",
            ],
            env={**os.environ, "PATH": f"{self.bin}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
        )
        assert finished.stdout == ""
        return finished.returncode, finished.stderr

    @property
    def version(self) -> str:
        """The version that .venv has; empty if there is none."""
        python = self.venv / "bin" / "python"
        return python.read_text().split("echo ", 1)[1].split()[0] if python.exists() else ""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    # Whatever the machine of the tests has besides must not be found.
    for number in range(10, 16):
        machine.put(f"python3.{number}", "none")
    return machine


def test_the_first_make_makes_it(machine: Machine) -> None:
    machine.put("python3", "3.11")
    code, told = machine.make()
    assert (code, machine.version) == (0, "3.11")
    assert told.startswith(f"Making {machine.venv} ... done in")


def test_the_next_make_leaves_it_alone_without_a_word(machine: Machine) -> None:
    machine.put("python3", "3.11")
    machine.make()
    (machine.venv / ".installed").touch()
    machine.put("python3", "3.13")
    assert machine.make() == (0, "")
    machine.put("mine", "3.11")
    assert machine.make("mine", asked=True) == (0, "")
    assert (machine.venv / ".installed").exists()


def test_another_python_that_is_asked_for_makes_it_anew_and_says_so(machine: Machine) -> None:
    machine.put("python3", "3.11")
    machine.make()
    (machine.venv / ".installed").touch()
    machine.put("python3.12", "3.12")
    code, told = machine.make("python3.12", asked=True)
    assert (code, machine.version) == (0, "3.12")
    assert f"{machine.venv} holds Python 3.11. Making it anew with 3.12" in told
    assert not (machine.venv / ".installed").exists(), "so that the packages are installed again"


def test_one_whose_python_is_gone_is_made_anew(machine: Machine) -> None:
    machine.put("python3", "3.11")
    (machine.venv / "bin").mkdir(parents=True)
    (machine.venv / "bin" / "python").symlink_to("/no/such/python")
    code, told = machine.make()
    assert (code, machine.version) == (0, "3.11")
    assert f"{machine.venv} does not work. Making it anew with Python 3.11" in told


@pytest.mark.parametrize("version", ["3.9", "3.14", "2.7", "4.0"])
def test_a_python_out_of_the_range_is_refused_and_one_that_fits_is_named(
    machine: Machine, version: str
) -> None:
    machine.put("python3", version)
    machine.put("python3.12", "3.12")
    assert machine.make() == (
        1,
        f"python3 is Python {version}, and the project is tested on 3.10 to 3.13 only. "
        "There is python3.12 on this machine: make PYTHON=python3.12\n",
    )
    assert not machine.venv.exists()


def test_an_environment_out_of_the_range_is_not_kept(machine: Machine) -> None:
    machine.put("python3", "3.14")
    (machine.venv / "bin").mkdir(parents=True)
    (machine.bin / "python3").rename(machine.venv / "bin" / "python")
    machine.put("python3", "3.12")
    code, told = machine.make()
    assert (code, machine.version) == (0, "3.12")
    assert "holds Python 3.14. Making it anew with 3.12" in told


def test_what_is_no_python_is_refused(machine: Machine) -> None:
    code, told = machine.make("nosuch", asked=True)
    assert code == 1 and told.startswith("nosuch was not found. The project needs Python 3.10 to")
    assert "Install one, and name it: make PYTHON=/path/to/python" in told
    code, told = machine.make("/bin/true", asked=True)
    assert code == 1 and told.startswith("/bin/true does not run as a Python.")


def test_a_python_without_venv_says_what_to_install(machine: Machine) -> None:
    machine.put("python3", "3.11", without_venv=True)
    code, told = machine.make()
    assert code == 1 and "apt-get install python3-venv" in told


def test_what_is_supported_is_what_ci_runs_on() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    _, supported = re.findall(r"^pythons := (.*)$", makefile, re.M)
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    matrices = [
        job["strategy"]["matrix"]["python"]
        for job in yaml.safe_load(text)["jobs"].values()
        if "python" in job.get("strategy", {}).get("matrix", {})
    ]
    assert matrices == [supported.split()]


def test_make_hands_over_which_python_is_asked_for(tmp_path: Path) -> None:
    def printed(*arguments: str) -> str:
        return subprocess.run(
            ["make", "--dry-run", "setup", f"VENV={tmp_path}/.venv", *arguments],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name not in of_make},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    # What `make test PYTHON=... SDK=2` was told is not for the make that is asked here.
    of_make = {"PYTHON", "SDK", "MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "MAKELEVEL"}
    venv = f"{tmp_path}/.venv"
    script, all_of_them = f'tools/venv.sh "%s" "{venv}" "%s"', "3.10 3.11 3.12 3.13"
    assert f'{script % ("python3", "file")} "{all_of_them}"' in printed()
    assert f'{script % ("py", "command line")} "{all_of_them}"' in printed("PYTHON=py")
    assert f'{script % ("python3.13", "file")} "3.13"' in printed("SDK=2")
