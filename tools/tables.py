"""Tables, all by one renderer: rich."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Literal, TextIO

from rich.box import Box
from rich.table import Table
from rich.text import Text

from tools.console import console, printable

# Only what rules off a section: a line of hyphens.
_BOX = Box("    \n    \n    \n    \n -- \n    \n    \n    \n")


def table(
    rows: Sequence[Sequence[object]],
    head: Sequence[str] = (),
    *,
    right: Sequence[int] = (),
    whole: Sequence[int] = (),
    ruled_off: bool = False,
    stream: TextIO | None = None,
) -> list[str]:
    """Return the lines of a table, as wide as what is in it, or as the terminal if that is less.

    `right` are the columns, from 0, that stand to the right, `whole` those that others make room
    for, such as an id to copy; `ruled_off` draws a line above the last row. Texts may be
    anybody's.
    """
    stream = stream or sys.stdout
    if not rows and not head:
        return []
    drawn = Table(box=_BOX, show_header=False, show_edge=False, pad_edge=False)
    drawn.padding = (0, 1, 0, 0)
    for number in range(len(head or rows[0])):
        justify: Literal["left", "right"] = "right" if number in right else "left"
        drawn.add_column(justify=justify, overflow="fold", no_wrap=number in whole)
    if head:
        drawn.add_row(*(Text(title, "bold") for title in head))
    for number, row in enumerate(rows):
        end = ruled_off and number == len(rows) - 2
        drawn.add_row(*(Text(printable(str(value))) for value in row), end_section=end)
    screen = console(stream)
    with screen.capture() as captured:
        screen.print(drawn)
    return [line.rstrip() for line in captured.get().splitlines()]
