"""The machine that a run was made on."""

from __future__ import annotations

import os
import platform
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psutil


def describe() -> dict[str, Any]:
    """Return what a reader must know to compare the figures with those of another machine."""
    gibibytes = round(psutil.virtual_memory().total / 2**30)
    cores = os.cpu_count()
    python = platform.python_version()
    today = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    return {
        "cores": cores,
        "memory_gib": gibibytes,
        "processor": _processor(),
        "python": python,
        "system": platform.system(),
        "date": today,
        "load_before": psutil.getloadavg()[0],
        "summary": (
            f"{cores} cores ({_processor()}), {gibibytes} GiB, {platform.system()}, "
            f"Python {python}, {today}"
        ),
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()
