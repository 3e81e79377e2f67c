"""`python -m benchmarks.growth`: this part of the benchmark alone."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from benchmarks.growth.measure import measure
from benchmarks.growth.report import table
from tools.cli import Tool
from tools.console import say

tool = Tool("benchmarks.growth", "Measure how cost grows.")


@tool.command()
def growth(
    quick: Annotated[bool, typer.Option("--quick", help="One short round.")] = False,
) -> int:
    """Measure how cost grows, and print the table."""
    result = measure(quick, say)
    for line in table(result):
        say(line)
    return 0


if __name__ == "__main__":
    sys.exit(tool.run())
