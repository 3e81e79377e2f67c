"""Tracebacks as the app's author needs them: without the frames of whoever called the app."""

import traceback
from pathlib import Path
from types import FrameType, TracebackType

_EMULATOR = str(Path(__file__).resolve().parents[1])
_CALLERS = ("<frozen importlib", "importlib/__init__.py", "concurrent/futures/thread.py")


def _is_caller(filename: str) -> bool:
    return filename.startswith(_EMULATOR) or any(part in filename for part in _CALLERS)


def user_traceback(error: BaseException) -> str:
    """Format an exception from the first frame of the app's own code on."""
    found: TracebackType | None = error.__traceback__
    while found is not None and _is_caller(found.tb_frame.f_code.co_filename):
        found = found.tb_next
    shown = traceback.TracebackException(type(error), error, found)
    _drop_callers(shown)
    return "".join(shown.format()).rstrip()


def _drop_callers(shown: traceback.TracebackException) -> None:
    shown.stack = traceback.StackSummary.from_list(
        [frame for frame in shown.stack if not _is_caller(frame.filename)]
    )
    for linked in (shown.__cause__, shown.__context__):
        if linked is not None:
            _drop_callers(linked)


def place_of(error: BaseException, app_root: Path) -> str:
    """Return `file:line` of the deepest frame in the app's own files, or an empty string."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_relative(Path(error.filename), app_root)}:{error.lineno}"
    return _deepest(traceback.extract_tb(error.__traceback__), app_root)


def place_of_frame(frame: FrameType | None, app_root: Path) -> str:
    """Return `file:line` of the app's own code that a thread is in, or an empty string."""
    return "" if frame is None else _deepest(traceback.extract_stack(frame), app_root)


def _deepest(frames: traceback.StackSummary, app_root: Path) -> str:
    place = ""
    for frame in frames:
        path = Path(frame.filename)
        if _is_app_file(path, app_root):
            place = f"{_relative(path, app_root)}:{frame.lineno}"
    return place


def _is_app_file(path: Path, app_root: Path) -> bool:
    return (
        path.is_relative_to(app_root)
        and "site-packages" not in path.parts
        and not _is_caller(str(path))
    )


def _relative(path: Path, app_root: Path) -> Path:
    return path.relative_to(app_root) if path.is_relative_to(app_root) else path
