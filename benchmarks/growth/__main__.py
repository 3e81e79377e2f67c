"""`python -m benchmarks.growth`: this part of the benchmark alone."""

import sys

from benchmarks.growth.measure import measure
from benchmarks.growth.report import table
from tools.console import fail, say
from tools.processes import ToolError, interruptible


def main() -> int:
    """Measure and print the table."""
    try:
        with interruptible():
            result = measure("--quick" in sys.argv[1:], say)
    except ToolError as error:
        fail(str(error))
        return 1
    for line in table(result):
        say(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
