"""Run the end-to-end tests of microsoft/durabletask-python on the emulator.

    python public_suite.py CHECKOUT [arguments of pytest]

They start `func` in the folders of their apps: here that is a script that starts the emulator. As
their own nox session does, each app gets a link `.venv` to the environment that this runs in, which
needs azure-functions-durable 2 and pytest. They look for Azurite on its port, and never talk to it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUITE = Path("tests") / "azure-functions-durable" / "e2e"
APPS = ("v1_style", "dtask_style", "tracing")
AZURITE_BLOB_PORT = 10000
# Their skips for Azurite's queues, which are not used here, are lifted.
PLUGIN = """
def pytest_collection_modifyitems(items):
    for item in items:
        for node in item.listchain():
            node.own_markers = [
                mark
                for mark in node.own_markers
                if not (mark.name == "skip" and "Azurite" in mark.kwargs.get("reason", ""))
            ]
"""


@contextmanager
def azurite_port() -> Iterator[None]:
    """Listen where the tests look for Azurite, if nobody does."""
    try:
        listening = socket.create_server(("127.0.0.1", AZURITE_BLOB_PORT))
    except OSError:
        yield
        return
    with listening:
        yield


def main(checkout: Path, arguments: list[str]) -> int:
    """Run the tests and return pytest's exit code."""
    if not (checkout / SUITE).is_dir():
        print(
            f"{checkout} is no checkout of durabletask-python: it has no {SUITE}", file=sys.stderr
        )
        return 2
    for app in APPS:
        link = checkout / SUITE / "apps" / app / ".venv"
        if not link.exists():
            link.symlink_to(sys.prefix)
    with tempfile.TemporaryDirectory() as folder, azurite_port():
        func = Path(folder) / "func"
        func.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" -m functions_emulator "$@" --no-reload '
            f'--state "{folder}/$$.db"\n'
        )
        func.chmod(0o755)
        Path(folder, "lift_skips.py").write_text(PLUGIN)
        plugins = ["-p", "lift_skips", "-p", "no:xdist", "-p", "no:functions_emulator"]
        path = os.pathsep.join([folder, os.environ.get("PATH", "")])
        return subprocess.call(
            [sys.executable, "-m", "pytest", str(SUITE), "-m", "functions_e2e", *plugins]
            + (arguments or ["-q"]),
            cwd=checkout,
            env={**os.environ, "PATH": path, "PYTHONPATH": folder},
        )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]).resolve(), sys.argv[2:]))
