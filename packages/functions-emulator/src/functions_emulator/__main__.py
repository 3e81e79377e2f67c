"""`python -m functions_emulator` and `functions-emulator`, which are the same."""

import sys


def run() -> None:
    """Run the command, with the app's root as the only folder where its imports are looked for.

    Python has put the current folder or that of the command first on sys.path. It goes before
    anything else is imported: a queue.py of the app must not stand in for Python's own.
    """
    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):  # Python 3.11
        del sys.path[0]
    from functions_emulator import command

    command.run()


if __name__ == "__main__":
    run()
