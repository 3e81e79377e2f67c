"""Run activities: at least once each, their results committed with the end of the work item."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from functions_emulator.durable.clock import Clock
from functions_emulator.durable.errors import ActivityFailure
from functions_emulator.durable.events import Event, record, task_completed, task_failed
from functions_emulator.durable.instance import Message, WorkItem
from functions_emulator.durable.mailbox import Mailbox
from functions_emulator.durable.statements import delete_work_item, put_messages
from functions_emulator.durable.store import Store
from functions_emulator.failures import FunctionError, WorkerLost, failure_text

# Runs the activity of this name with this input (JSON text) for this instance; answers JSON text.
RunActivity = Callable[[str, str | None, str], Awaitable[str | None]]
# Gives Reason, Details and, for SDK 2.x, FailureDetails of an activity of this name.
DescribeFailure = Callable[[str, BaseException], tuple[str, str | None, dict[str, Any] | None]]

_FIRST_DELAY, _LONGEST_DELAY = 0.5, 30.0

log = logging.getLogger("functions_emulator.durable")


class Activities:
    """Run work items, up to `limit` at once; those that a stop cuts off run again next time."""

    def __init__(
        self,
        run: RunActivity,
        store: Store,
        mailbox: Mailbox,
        clock: Clock,
        next_id: Callable[[], int],
        limit: int,
        describe: DescribeFailure,
    ) -> None:
        self._run_activity = run
        self._describe = describe
        self._store = store
        self._mailbox = mailbox
        self._clock = clock
        self._next_id = next_id
        self._slots = asyncio.Semaphore(limit)
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False

    def dispatch(self, item: WorkItem) -> None:
        """Start a work item that has been committed."""
        task = asyncio.create_task(self._run(item))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, item: WorkItem) -> None:
        async with self._slots:
            if self._stopping:
                return
            event = await self._until_it_ends(item)
        message = Message(
            self._next_id(), item.instance_id, record(event), execution_id=item.execution_id
        )
        await self._store.commit([delete_work_item(item.id), put_messages([message])])
        self._mailbox.put(message)

    async def _until_it_ends(self, item: WorkItem) -> Event:
        # As after the crash of an instance: nobody knows how far it came, so it runs again. Less
        # and less often, since it may be what ends the process.
        delay = 0.0
        while True:
            try:
                return await self._attempt(item)
            except WorkerLost as error:
                log.warning("%s: %s runs again: %s", item.instance_id, item.name, error)
            await asyncio.sleep(delay)
            delay = min(max(2 * delay, _FIRST_DELAY), _LONGEST_DELAY)

    async def _attempt(self, item: WorkItem) -> Event:
        try:
            result = await self._run_activity(item.name, item.input, item.instance_id)
        except WorkerLost:
            raise
        except ActivityFailure as failure:
            log.error("%s: %s failed: %s", item.instance_id, item.name, failure.reason)
            return task_failed(self._clock.now(), item.task_id, failure.reason, failure.details)
        except Exception as error:  # whatever user code raises is the activity's failure
            log.error("%s: %s failed\n%s", item.instance_id, item.name, failure_text(error))
            described = self._describe(item.name, error)
            return task_failed(self._clock.now(), item.task_id, *described)
        return task_completed(self._clock.now(), item.task_id, result)

    @property
    def are_running(self) -> bool:
        """Tell whether any is running or about to."""
        return bool(self._running)

    def abandon(self) -> None:
        """Wait for none of those under way any more."""
        for task in self._running:
            task.cancel()

    async def stop(self, timeout: float) -> None:
        """Let running activities finish for up to `timeout` seconds; queued ones do not start."""
        self._stopping = True
        try:
            if self._running:
                await asyncio.wait(set(self._running), timeout=timeout)
        finally:
            self.abandon()


def describe_failure(name: str, error: BaseException) -> tuple[str, str, None]:
    """Give Reason and Details as an orchestrator of SDK 1.x gets to see them.

    ext:TaskActivityShim.cs and OutOfProcExceptionHelpers.cs: what follows `Exception:` in the
    worker's error, leading space included. No worker speaks of a function that is not there:
    ext:TaskNonexistentActivityShim.cs.
    """
    if not isinstance(error, FunctionError):  # of the host: a timeout, a missing function
        none = {"ClassName": "System.Exception", "Message": str(error), "InnerException": None}
        return f"Activity function '{name}' failed: {error}", json.dumps(none), None
    message = f" {error.type_name}: {error}"
    inner: dict[str, Any] = {
        "ClassName": "Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException",
        "Message": f"Result: Failure\nException:{message}\nStack: {error.traceback}",
    }
    details = {"ClassName": "System.Exception", "Message": message, "InnerException": inner}
    return f"Activity function '{name}' failed: {message}", json.dumps(details), None
