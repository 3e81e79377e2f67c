"""Processes with all that they start, and the processor time that these have used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import psutil

Started = TypeVar("Started")


def children() -> set[int]:
    """Return the process ids of what this process has started itself."""
    return {child.pid for child in psutil.Process().children()}


def starting(start: Callable[[], Started]) -> tuple[Started, set[int]]:
    """Start something; return it with the ids of the processes that came of it."""
    before = children()
    started = start()
    return started, children() - before


def cpu_seconds(pids: set[int]) -> float:
    """Return user and system time so far of processes and of all that they have started.

    Of what ended meanwhile nothing is counted: measure while nothing comes and goes.
    """
    total = 0.0
    for pid in pids:
        try:
            parent = psutil.Process(pid)
            everybody = [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
        for process in everybody:
            try:
                total += sum(process.cpu_times()[:2])
            except psutil.NoSuchProcess:
                continue
    return total
