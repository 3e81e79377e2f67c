"""`make chaos`, as a person runs it."""

import os
import subprocess
import sys
from pathlib import Path

from tools.hosts import ROOT


def chaos(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command; what it keeps goes to a folder."""
    return subprocess.run(
        [sys.executable, "-m", "tools.chaos", *arguments],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
