"""The `context: func.Context` parameter of a function."""

import threading
from typing import Any

import azure.functions as func
from azure.functions import _abc

from functions_emulator.worker.origin import Origin, new_trace

_thread_local = threading.local()


class TraceContext(_abc.TraceContext):
    """The W3C trace of an invocation, with the older spellings of the worker's tracecontext.py.

    One that goes on from nowhere begins when somebody asks for it: few do, and an id takes two
    system calls.
    """

    def __init__(self, trace_parent: str, trace_state: str) -> None:
        self._trace_parent = trace_parent
        self._trace_state = trace_state

    @property
    def trace_parent(self) -> str:
        self._trace_parent = self._trace_parent or new_trace()
        return self._trace_parent

    @property
    def trace_state(self) -> str:
        return self._trace_state

    @property
    def attributes(self) -> dict[str, str]:
        return {}

    Traceparent = trace_parent
    Tracestate = trace_state
    Attributes = attributes


class RetryContext(_abc.RetryContext):
    """Which try this is; `rpc_exception` is the worker's name of what the SDK calls `exception`."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    @property
    def retry_count(self) -> int:
        return self._origin.retry_count

    @property
    def max_retry_count(self) -> int:
        return self._origin.max_retry_count

    @property
    def exception(self) -> Any:
        return self._origin.last_error

    rpc_exception = exception


class InvocationContext(func.Context):
    """One invocation, as the Python worker describes it (bindings/context.py)."""

    def __init__(
        self,
        function_name: str,
        function_directory: str,
        invocation_id: str,
        origin: Origin | None = None,
    ) -> None:
        origin = origin or Origin()
        self._function_name = function_name
        self._function_directory = function_directory
        self._invocation_id = invocation_id
        self._trace_context = TraceContext(origin.trace_parent, origin.trace_state)
        self._retry_context = RetryContext(origin)

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
        return self._retry_context


def mark_thread(invocation_id: str | None) -> None:
    """Note the invocation that runs in this thread, for loggers of the app's own threads."""
    _thread_local.invocation_id = invocation_id
