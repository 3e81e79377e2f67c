"""What the app's settings say about its worker processes."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from functions_emulator import protocol
from functions_emulator.app.settings import HostSettings
from functions_emulator.app.timespan import parse_timespan
from functions_emulator.errors import AppError
from functions_emulator.protocol import Message

COUNT_SETTING = "FUNCTIONS_WORKER_PROCESS_COUNT"
THREADS_SETTING = "PYTHON_THREADPOOL_THREAD_COUNT"
START_SETTING = "EMULATOR_WORKER_START_TIMEOUT"
MOST_WORKERS = 10  # WorkerProcessCountOptions.cs
# What the host sets it to: DefaultWorkerProcessFactory.cs, ApplyWorkerConcurrencyLimits.
DEFAULT_THREADS = 1000
# WorkerProcessCountOptions.ProcessStartupTimeout.
DEFAULT_START = timedelta(seconds=60)

log = logging.getLogger("functions_emulator.worker")


@dataclass(frozen=True)
class WorkerSettings:
    """What every worker of an app is started with."""

    app_root: str
    environment: Mapping[str, str]
    threads: int = 1000
    log_levels: Mapping[str, str] = field(default_factory=dict)
    start_seconds: float = 60.0

    @property
    def message(self) -> Message:
        return (
            protocol.START,
            {
                "app_root": self.app_root,
                "threads": self.threads,
                "log_levels": dict(self.log_levels),
            },
        )


def worker_count(values: Mapping[str, str]) -> int:
    """Return how many processes run the app; AppError for what the host refuses."""
    text = values.get(COUNT_SETTING)
    if not text:
        return 1
    try:
        count = max(int(text), 1)
    except ValueError:
        count = 0
    if not 1 <= count <= MOST_WORKERS:
        raise AppError(
            f"{COUNT_SETTING} is {text!r}; it must be a whole number from 1 to {MOST_WORKERS}."
        )
    return count


def thread_count(values: Mapping[str, str]) -> int:
    """Return how many sync functions run at once in a worker: 1000 unless the app says otherwise.

    A value that is no number of at least 1 is ignored with a warning, as the worker does.
    """
    text = values.get(THREADS_SETTING)
    if not text:
        return DEFAULT_THREADS
    if text.isdecimal() and int(text) >= 1:
        return int(text)
    log.warning(
        "%s is %r; it must be a number from 1 on. The default, %d, is used.",
        THREADS_SETTING,
        text,
        DEFAULT_THREADS,
    )
    return DEFAULT_THREADS


def worker_settings(settings: HostSettings, port: int) -> WorkerSettings:
    """Return what a worker of this app is started with; `port` is that of the app's URLs."""
    threads = thread_count(settings.values)
    environment = {
        "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "WEBSITE_HOSTNAME": f"localhost:{port}",
        **settings.values,
        THREADS_SETTING: str(threads),
    }
    return WorkerSettings(
        app_root=str(Path(settings.app_root).resolve()),
        environment=environment,
        threads=threads,
        log_levels=settings.log_levels,
        start_seconds=_start_timeout(settings.values).total_seconds(),
    )


def _start_timeout(values: Mapping[str, str]) -> timedelta:
    text = values.get(START_SETTING)
    if not text:
        return DEFAULT_START
    try:
        span = parse_timespan(text)
    except ValueError as error:
        raise AppError(f"{START_SETTING}: {error}.") from error
    if span <= timedelta(0):
        raise AppError(f"{START_SETTING} is {text!r}; it must be longer than zero.")
    return span
