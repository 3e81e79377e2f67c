"""Run commands beside each other, so that no core is idle while one of them comes to its end.

    python tests/beside.py "pytest tests" "pytest elsewhere"

What the first prints is seen at once, and what the others print once it has ended. Ctrl-C in a
terminal reaches all of them: they end by themselves and are waited for.
"""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from types import FrameType


def main(commands: Sequence[str]) -> int:
    """Run the commands, each as one would type it; return the first exit code that is not 0."""
    running: list[subprocess.Popen[bytes]] = []
    told_to_end = False

    def end_all(number: int, frame: FrameType | None) -> None:
        nonlocal told_to_end
        told_to_end = True
        for each in running:
            each.terminate()

    # A handler, since the commands would inherit that the signal is ignored.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    signal.signal(signal.SIGTERM, end_all)
    outputs = [None, *(tempfile.TemporaryFile() for _ in commands[1:])]
    for command, output in zip(commands, outputs, strict=True):
        words = shlex.split(command)
        running.append(
            subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=output and subprocess.STDOUT
            )
        )
        if told_to_end:  # Perhaps while this one was being started, and was not in the list yet.
            running[-1].terminate()
    codes = []
    for process, output in zip(running, outputs, strict=True):
        codes.append(process.wait())
        if output is not None:
            with output:
                output.seek(0)
                sys.stdout.buffer.write(output.read())
                sys.stdout.flush()
    # One that a signal ended has a negative code, which no shell would show.
    return next((abs(code) for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
