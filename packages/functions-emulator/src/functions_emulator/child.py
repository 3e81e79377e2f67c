"""`python -m functions_emulator.child`: the command, for as long as its parent process lives.

It takes the arguments of `functions-emulator` and ends as after Ctrl-C when its standard input is
closed, which the system does when the parent dies, however it dies.
"""

import os
import signal
import sys
import threading
import time

# Longer than the host takes to finish what is in flight.
PATIENCE = 4.0


def _end_with_parent() -> None:
    # Not through sys.stdin: whoever holds its buffer at the end of the interpreter breaks that.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    signal.raise_signal(signal.SIGINT)
    time.sleep(PATIENCE)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    from functions_emulator.__main__ import run

    run()
