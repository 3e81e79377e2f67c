"""Run one command and end its whole process group when the parent goes away.

Started by path with the standard library alone, so that it is up in some milliseconds. Its
standard input is a pipe that the parent holds open: whatever ends the parent, kill -9 included,
closes the pipe, and nothing is left running.
"""

import os
import signal
import subprocess
import sys
import threading

# Signal, then seconds to wait before the next one.
STEPS = ((signal.SIGINT, 5.0), (signal.SIGTERM, 3.0), (signal.SIGKILL, 0.0))


def end_group_when_orphaned(child: "subprocess.Popen[bytes]") -> None:
    """Block until the parent closes the pipe, then end the group, gently first."""
    while os.read(0, 1):
        pass
    for number, patience in STEPS:
        os.killpg(0, number)
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        os.killpg(0, signal.SIGKILL)


def main() -> int:
    """Run the command given on the command line and answer its exit code."""
    # Handlers, not SIG_IGN: the command must not inherit the deafness.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    try:
        child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    except OSError as error:
        print(f"{sys.argv[1]}: {error.strerror}", file=sys.stderr)
        return 127
    threading.Thread(target=end_group_when_orphaned, args=(child,), daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
