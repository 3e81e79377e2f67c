"""A version of the app: where its files are, and the Python that has its packages."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.hosts import ROOT
from tools.processes import ToolError


@dataclass(frozen=True)
class Version:
    """The app of a commit; `python` runs it."""

    name: str
    root: Path
    python: Path

    def environment(self, **settings: str) -> Mapping[str, str]:
        """Return the environment of a process that imports this version's modules."""
        return {**os.environ, "PYTHONPATH": str(self.root), "PYTHONUNBUFFERED": "1", **settings}


TODAY = Version("now", ROOT, Path(sys.executable))


@contextmanager
def checked_out(commit: str) -> Iterator[Version]:
    """Check a commit out into a temporary folder, with a venv of its own; remove both at the end.

    Raises ToolError, such as for a commit that is not there.
    """
    with TemporaryDirectory(prefix="against-", ignore_cleanup_errors=True) as folder:
        tree, venv = Path(folder) / "app", Path(folder) / "venv"
        _run(["git", "worktree", "add", "--detach", str(tree), commit], ROOT)
        try:
            _run([sys.executable, "-m", "venv", str(venv)], ROOT)
            python = venv / "bin" / "python"
            install = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
            # Its requirements-dev.txt: the host of today needs some of the same packages.
            _run([*install, "--quiet", "--no-input", "-r", "requirements-dev.txt"], tree)
            yield Version(commit, tree, python)
        finally:
            _run(["git", "worktree", "remove", "--force", str(tree)], ROOT)


def _run(command: Sequence[str], directory: Path) -> None:
    try:
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    except OSError as error:
        raise ToolError(f"{command[0]} cannot be run: {error.strerror}") from None
    if done.returncode:
        raise ToolError(f"`{' '.join(command[:4])}` failed:\n{done.stderr.strip()[-2000:]}")
