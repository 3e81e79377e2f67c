"""Trying changes: the tests run once for each, in a process of their own that is forked.

So what the tests import from elsewhere is imported once, and a change costs what its tests cost.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import time
import warnings
from pathlib import Path

import pytest

_OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]


class NotGreen(Exception):
    """The tests fail without any change, or cannot be run."""


class Tests:
    """Some tests of a copy of the project, by what is given to pytest."""

    def __init__(self, folder: Path, given: list[str]) -> None:
        self._given = given
        self._log = folder / "output.txt"
        # The package is installed from where somebody works on it: the copy goes first.
        sys.path[:0] = [str(folder), str(folder / "packages/functions-emulator/src")]
        os.chdir(folder)
        # Nor are those of the copy the modules that run this.
        for name in [name for name in sys.modules if name.split(".")[0] in ("tests", "tools")]:
            del sys.modules[name]
        # A change of the same length in the same second would be taken for what was compiled.
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        self._import_what_is_not_ours()

    def seconds(self, limit: float) -> float:
        """Return how long they take without a change; raises NotGreen."""
        begun = time.monotonic()
        if self.notice(limit):
            raise NotGreen(self._log.read_text(errors="replace")[-4000:])
        return time.monotonic() - begun

    def notice(self, limit: float) -> bool:
        """Tell whether one of them fails, or has not ended within so many seconds."""
        child = os.fork()
        if not child:
            self._run()
        end = time.monotonic() + limit
        while time.monotonic() < end:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return status != 0
            time.sleep(0.01)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return True

    def _run(self) -> None:
        """Run them in this process, which ends with it."""
        os.setsid()
        with self._log.open("wb") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        code = 1
        try:
            code = int(pytest.main([*_OPTIONS, *self._given]))
        finally:
            sys.stdout.flush()
            os._exit(code)

    def _import_what_is_not_ours(self) -> None:
        """Import what the tests need of installed packages, which no change is made in."""
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.setsid()
            with self._log.open("wb") as log:
                os.dup2(log.fileno(), 1)
                os.dup2(log.fileno(), 2)
            pytest.main(["--collect-only", *_OPTIONS, *self._given])
            found = [name for name, module in sys.modules.items() if _is_installed(module)]
            with os.fdopen(writing, "w") as pipe:
                pipe.write("\n".join(found))
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            names = pipe.read().splitlines()
        os.waitpid(child, 0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in names:
                with contextlib.suppress(Exception):
                    importlib.import_module(name)


def _is_installed(module: object) -> bool:
    return "site-packages" in str(getattr(module, "__file__", ""))
