"""The `context: func.Context` parameter of a function."""

import secrets
import threading
from typing import Any

import azure.functions as func
from azure.functions import _abc

_thread_local = threading.local()


class TraceContext(_abc.TraceContext):
    """A W3C trace of its own for each invocation."""

    def __init__(self) -> None:
        self._trace_parent = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"

    @property
    def trace_parent(self) -> str:
        return self._trace_parent

    @property
    def trace_state(self) -> str:
        return ""

    @property
    def attributes(self) -> dict[str, str]:
        return {}


class RetryContext(_abc.RetryContext):
    """What a function without a retry policy sees."""

    @property
    def retry_count(self) -> int:
        return 0

    @property
    def max_retry_count(self) -> int:
        return 0

    @property
    def exception(self) -> Any:
        return None


class InvocationContext(func.Context):
    """One invocation, as the Python worker describes it (bindings/context.py)."""

    def __init__(self, function_name: str, function_directory: str, invocation_id: str) -> None:
        self._function_name = function_name
        self._function_directory = function_directory
        self._invocation_id = invocation_id
        self._trace_context = TraceContext()

    @property
    def invocation_id(self) -> str:
        return self._invocation_id

    @property
    def thread_local_storage(self) -> Any:
        return _thread_local

    @property
    def function_name(self) -> str:
        return self._function_name

    @property
    def function_directory(self) -> str:
        return self._function_directory

    @property
    def trace_context(self) -> TraceContext:
        return self._trace_context

    @property
    def retry_context(self) -> RetryContext:
        return RetryContext()


def mark_thread(invocation_id: str | None) -> None:
    """Note the invocation that runs in this thread, for loggers of the app's own threads."""
    _thread_local.invocation_id = invocation_id
