"""What a deployment takes along: the app, all of it, and nothing else."""

import re
import shutil
import subprocess

import pytest

from tools.hosts import ROOT

FILES = {"durable_sdk.py", "function_app.py", "host.json", "requirements.txt"}
FOLDERS = ("activities/", "clients/", "orchestrators/", "ordering/", "page/")
# What lies about in a folder that was worked in.
LITTER = [
    ".azure/dev/.env",
    ".azurite/__azurite_db_blob__.json",
    ".emulator/state.db",
    ".fuzz/words",
    ".git/HEAD",
    ".mypy_cache/CACHEDIR.TAG",
    ".pytest_cache/README.md",
    ".ruff_cache/CACHEDIR.TAG",
    ".venv/pyvenv.cfg",
    ".venv-conformance/pyvenv.cfg",
    ".venv-sdk2/pyvenv.cfg",
    "__azurite_db_queue__.json",
    "__pycache__/function_app.cpython-312.pyc",
    "bench.json",
    "local.settings.json",
    "node_modules/.bin/azurite",
]


def tracked(*options: str) -> set[str]:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("This is no git work tree.")
    done = subprocess.run(
        ["git", "ls-files", *options], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines())


def belongs(path: str) -> bool:
    return path in FILES or path.startswith(FOLDERS)


def denied_by_func() -> re.Pattern[str]:
    """Read .funcignore as Core Tools do: anchored, `*` for at least one character."""
    lines = (ROOT / ".funcignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    parts = [re.escape(each).replace(r"\*", "[^/]+") for each in patterns]
    return re.compile(rf"^(?:{'|'.join(parts)})(?!\w)|^(?:{'|'.join(parts)})\b")


def test_func_takes_the_app_and_nothing_else() -> None:
    denied = denied_by_func()
    assert {path for path in tracked() if not denied.match(path)} == {
        path for path in tracked() if belongs(path)
    }
    assert [path for path in LITTER if not denied.match(path)] == []


def test_azd_which_reads_it_as_git_does_takes_the_same() -> None:
    ignored = tracked("--cached", "--ignored", "--exclude-from=.funcignore")
    assert tracked() - ignored == {path for path in tracked() if belongs(path)}


def test_all_that_the_app_imports_is_among_the_requirements() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert "-r " not in text and "./" not in text
    # Each has a bound: a new major version is taken on purpose.
    assert all("<" in line for line in text.splitlines() if line and not line.startswith("#"))
