"""Follow an order live: on one screen of a terminal, or line by line into a pipe."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TextIO

from tools.console import printable, styled
from tools.orders.api import OrderApi, Progress
from tools.orders.history import entries
from tools.orders.words import ENDED, headline
from tools.processes import NoAnswer

# Seconds that a host may be away, such as for a restart, before watching gives up.
PATIENCE = 60.0


class Screen:
    """What is shown of an order: the same lines written over on a terminal, else only news."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._drawn = 0
        self._told: set[tuple[str, int]] = set()

    def show(self, order_id: str, progress: Progress, trouble: str = "") -> None:
        """Show how far an order is, and what keeps us from seeing more."""
        head = [printable(line) for line in headline(order_id, progress.order)]
        lines = entries(progress.history or [])
        if self._stream.isatty():
            self._draw(head, lines, trouble)
        else:
            self._tell([*lines, *head, *([trouble] if trouble else [])])

    def _tell(self, lines: list[str]) -> None:
        times: Counter[str] = Counter()
        for line in lines:
            times[line] += 1  # two events of one second may read the same
            if (line, times[line]) not in self._told:
                self._told.add((line, times[line]))
                print(line, file=self._stream, flush=True)

    def _draw(self, head: list[str], lines: list[str], trouble: str) -> None:
        size = shutil.get_terminal_size()
        room = max(size.lines - len(head) - 3, 1)
        head = [cut(line, size.columns) for line in head]
        shown = [styled(head[0], "bold", self._stream), *head[1:]]
        shown += [styled(cut(line, size.columns), "dim", self._stream) for line in lines[-room:]]
        if trouble:
            shown.append(styled(cut(trouble, size.columns), "yellow", self._stream))
        # Up to the first line, then each line anew, then whatever is left below away.
        up = f"\033[{self._drawn}A" if self._drawn else ""
        text = up + "".join(f"\r{line}\033[K\n" for line in shown) + "\033[J"
        print(text, end="", file=self._stream, flush=True)
        self._drawn = len(shown)


def cut(line: str, columns: int) -> str:
    """Return a line that fits the terminal: one that wraps would spoil the count of lines."""
    return line if len(line) < columns else line[: max(columns - 4, 1)] + "..."


def watch(
    api: OrderApi,
    order_id: str,
    stream: TextIO,
    *,
    interval: float = 0.5,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """Show an order until it ends; return it. Raises ToolError, also when the host stays away."""
    screen = Screen(stream)
    last: Progress | None = None
    away_since: float | None = None
    while True:
        try:
            last = api.progress(order_id)
        except NoAnswer:
            away_since = clock() if away_since is None else away_since
            if last is None or clock() - away_since > PATIENCE:
                raise
            screen.show(order_id, last, "The host does not answer; still trying ...")
        else:
            away_since = None
            note = (
                ""
                if last.history is not None
                else "No history: the app does not show it for this key."
            )
            screen.show(order_id, last, note)
            if last.order["runtimeStatus"] in ENDED:
                return last.order
        sleep(interval)
