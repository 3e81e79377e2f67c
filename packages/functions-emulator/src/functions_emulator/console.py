"""What a person sees: log lines that name function and invocation, in colour on a terminal only."""

import logging
import os
import sys
import time
from collections.abc import Mapping
from typing import TextIO

from functions_emulator.worker.scope import scope_of

_LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "none": logging.CRITICAL + 1,
}
_COLOURS = {logging.WARNING: "33", logging.ERROR: "31", logging.CRITICAL: "31;1"}
_OWN_LOGGER = "functions_emulator"
_DURABLE_LOGGER = "functions_emulator.durable"
_HOST_LOGGERS = (_OWN_LOGGER, "Function")
# Logs of the SDK itself, which the host keeps from the app's author (logging.py of the worker).
_SYSTEM_LOGGERS = ("azure.functions", "azure_functions_worker")


def colours(stream: TextIO) -> bool:
    """Tell whether to write colours to a stream."""
    return stream.isatty() and "NO_COLOR" not in os.environ


class LineFormatter(logging.Formatter):
    """`[time] message`; lines of the app's own code name their function and invocation.

    The id is the orchestration's, if the function works for one, else the first eight digits of the
    invocation's, which the host's own lines give in full.
    """

    def __init__(self, colour: bool) -> None:
        super().__init__()
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info:
            text = f"{text}\n{self.formatException(record.exc_info)}"
        if record.levelno >= logging.WARNING:
            text = f"{record.levelname}: {text}"
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        stamp = f"[{seconds}.{int(record.msecs):03d}Z]"
        line = f"{_origin(record)}{text}"
        if not self._colour:
            return f"{stamp} {line}"
        code = _COLOURS.get(record.levelno)
        return f"\x1b[2m{stamp}\x1b[0m " + (f"\x1b[{code}m{line}\x1b[0m" if code else line)


def _origin(record: logging.LogRecord) -> str:
    scope = scope_of(record)
    if scope is None or record.name.partition(".")[0] in _HOST_LOGGERS:
        return ""
    return f"[{scope.function_name} {scope.instance_id or scope.invocation_id[:8]}] "


class LevelFilter(logging.Filter):
    """host.json's logging.logLevel: the longest category that fits decides.

    As LoggerRuleSelector.cs of Microsoft.Extensions.Logging: a category fits what begins with it,
    in any case; one `*` in it stands for any text.
    """

    def __init__(self, levels: Mapping[str, str]) -> None:
        super().__init__()
        self._default = _level_of(levels.get("default", "Information"))
        rules = [(name.lower(), _level_of(text)) for name, text in levels.items()]
        # Of two of one length the later one holds.
        self._rules = sorted(reversed(rules), key=lambda rule: len(rule[0]), reverse=True)
        self._known: dict[str, int] = {}

    @property
    def lowest(self) -> int:
        return min([self._default, *(level for _, level in self._rules)])

    def filter(self, record: logging.LogRecord) -> bool:
        category = _category(record)
        level = self._known.get(category)
        if level is None:
            level = self._known[category] = self._level(category)
        return record.levelno >= level

    def _level(self, category: str) -> int:
        category = category.lower()
        fitting = (level for name, level in self._rules if _fits(name, category))
        return next(fitting, self._default)


def _fits(name: str, category: str) -> bool:
    begin, _, end = name.partition("*")
    return category.startswith(begin) and category.endswith(end)


def _level_of(text: str) -> int:
    return _LEVELS.get(text.lower(), logging.INFO)


def _category(record: logging.LogRecord) -> str:
    if record.name.startswith("Function."):
        return record.name
    if record.name == _DURABLE_LOGGER:
        return "Host.Triggers.DurableTask"
    if record.name.partition(".")[0] == _OWN_LOGGER:
        return "Host" + record.name.removeprefix(_OWN_LOGGER)
    scope = scope_of(record)
    return record.name if scope is None else f"Function.{scope.function_name}.User"


def start_logging(stream: TextIO | None = None) -> logging.Handler:
    """Send every logger to standard output, at INFO or as PYTHON_ENABLE_DEBUG_LOGGING says."""
    stream = stream or sys.stdout
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter(colours(stream)))
    logging.getLogger().addHandler(handler)
    set_levels()
    return handler


def set_levels() -> None:
    """Set the levels of loggers that hold unless host.json says otherwise."""
    for name in _SYSTEM_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    debug = os.environ.get("PYTHON_ENABLE_DEBUG_LOGGING", "").lower() in ("1", "true")
    logging.getLogger().setLevel(logging.DEBUG if debug else logging.INFO)


def apply_log_levels(handler: logging.Handler, levels: Mapping[str, str]) -> None:
    """Apply host.json's logging.logLevel, in place of what was applied before.

    It lets the host say more; the app's own root logger stays as PYTHON_ENABLE_DEBUG_LOGGING says.
    """
    for applied in [each for each in handler.filters if isinstance(each, LevelFilter)]:
        handler.removeFilter(applied)
    set_levels()
    if levels:
        level_filter = LevelFilter(levels)
        handler.addFilter(level_filter)
        for name in _HOST_LOGGERS:
            logging.getLogger(name).setLevel(level_filter.lowest)


def print_error(message: str, details: str = "") -> None:
    """Print one line about what is wrong, in red on a terminal, after the app's own traceback."""
    line = f"error: {message}"
    if details:
        print(details, file=sys.stderr)
    print(f"\x1b[31m{line}\x1b[0m" if colours(sys.stderr) else line, file=sys.stderr, flush=True)
