"""What must happen before a tool imports any package.

Plain enough for any Python 3: it has to tell one that is too old or has no packages what to do.
"""

import importlib.util
import os
import signal
import sys

NEEDED = ("azure", "pydantic", "rich", "typer")
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def start():
    # type: () -> None
    """Prepare a process that was started as `python -m tools...`; any other is left alone."""
    # What runpy has put there while the package of the module is imported.
    if sys.argv[:1] != ["-m"]:
        return
    if module().split(".")[0] == "tools" or module() == "benchmarks":
        # Ctrl-C during the imports ends the process as quietly as later.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        sys.stderr.write(advice(missing) + "\n")
        raise SystemExit(2)


def module():
    # type: () -> str
    """Return what `python -m` was asked to run, or nothing where Python is too old to tell."""
    words = getattr(sys, "orig_argv", [])
    return words[words.index("-m") + 1] if "-m" in words[:-1] else ""


def advice(missing):
    # type: (list[str]) -> str
    """Return what to do where packages are missing: the name of the Python that has them."""
    python = os.path.join(".venv", "bin", "python")
    there = os.path.exists(os.path.join(ROOT, python))
    first = "Use the Python" if there else "Run `make setup` in the project's folder, then use that"
    return (
        "This Python, {}, lacks packages of the project: {}. {} of the project's virtual "
        "environment: {}, or after `. .venv/bin/activate` the one called python."
    ).format(sys.executable, ", ".join(missing), first, python)
