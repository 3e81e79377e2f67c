"""One orchestration instance as a test sees it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from functions_emulator.testing.errors import FunctionsError
from functions_emulator.testing.waiting import Pauses

if TYPE_CHECKING:
    from functions_emulator.testing.functions import Functions

# A failure is shown where the test is, not here.
__tracebackhide__ = True

DURABLE = "/runtime/webhooks/durabletask"
ENDED = ("Completed", "Failed", "Terminated", "Canceled")
TIMEOUT = 10.0
# When nothing is under way and no timer is due, only somebody outside changes anything.
QUIET = 1.0


class Instance:
    """An instance by its id, whether it is there yet or not; each look asks the host."""

    def __init__(self, functions: Functions, instance_id: str) -> None:
        self.id = instance_id
        self._functions = functions
        self._path = f"{DURABLE}/instances/{quote(instance_id, safe='')}"

    def __repr__(self) -> str:
        return f"<Instance {self.id}>"

    @property
    def exists(self) -> bool:
        """Tell whether the host knows it."""
        return self._look() is not None

    @property
    def status(self) -> str:
        """Tell the runtime status: Pending, Running, Suspended, Completed, Failed, Terminated."""
        return str(self._details()["runtimeStatus"])

    @property
    def custom_status(self) -> Any:
        """Give what the orchestrator has set with `set_custom_status`."""
        return self._details()["customStatus"]

    @property
    def input(self) -> Any:
        """Give what it was started with; the client of SDK 1.x makes that a text."""
        return self._details()["input"]

    @property
    def output(self) -> Any:
        """Give what the orchestrator returned, or why it failed; None before its end."""
        return self._details()["output"]

    @property
    def history(self) -> list[dict[str, Any]]:
        """Give its events, with the results of activities, as the management API shows them."""
        details = self._details(showHistory="true", showHistoryOutput="true")
        events: list[dict[str, Any]] = details.get("historyEvents") or []
        return events

    def wait(self, status: str | None = None, timeout: float | None = None) -> Instance:
        """Wait until it has ended, or until it has a runtime status; return itself.

        On the emulator time is skipped meanwhile, unless `functions.skip_time` is False: when
        nothing is under way, the clock jumps to the next timer. FunctionsError when it does not
        come to that within `timeout` seconds of real time; without a `timeout` within 10 seconds,
        or as soon as nothing is under way and no timer is due.
        """
        if status is None:
            return self._wait(lambda found: found["runtimeStatus"] in ENDED, "ended", timeout)
        return self._wait(lambda found: found["runtimeStatus"] == status, status, timeout)

    def wait_for(
        self,
        predicate: Callable[[Instance], object] | None = None,
        *,
        custom_status: Any = None,
        timeout: float | None = None,
    ) -> Instance:
        """Wait for a custom status, or until `predicate` holds for it; return itself.

        A dictionary fits when the custom status has all its items, whatever else is there. Time
        is skipped as `wait` does.
        """
        if predicate is None:
            wanted = f"with the custom status {json.dumps(custom_status)}"
            return self._wait(
                lambda found: _fits(found["customStatus"], custom_status), wanted, timeout
            )
        condition = predicate
        return self._wait(lambda found: bool(condition(self)), "as the predicate wants it", timeout)

    def raise_event(self, name: str, data: Any = None) -> Instance:
        """Send it an external event; the orchestrator gets `data` as it is."""
        path = f"{self._path}/raiseEvent/{quote(name, safe='')}"
        body, headers = json.dumps(data), {"Content-Type": "application/json"}
        self._do("POST", path, data=body, headers=headers)
        return self

    def terminate(self, reason: str | None = None) -> Instance:
        """Stop it; no code of it runs any more."""
        self._do("POST", f"{self._path}/terminate", params=_reason(reason))
        return self

    def suspend(self, reason: str | None = None) -> Instance:
        """Hold it."""
        self._do("POST", f"{self._path}/suspend", params=_reason(reason))
        return self

    def resume(self, reason: str | None = None) -> Instance:
        """Let it go on."""
        self._do("POST", f"{self._path}/resume", params=_reason(reason))
        return self

    def purge(self) -> None:
        """Delete it with its history."""
        self._do("DELETE", self._path)

    def _wait(
        self, reached: Callable[[dict[str, Any]], bool], wanted: str, timeout: float | None
    ) -> Instance:
        clock = self._functions.clock
        pauses = Pauses(TIMEOUT if timeout is None else timeout)
        quiet = Pauses(QUIET)
        while True:
            # Before the look: it is the latest as long as nothing changes after this.
            rest = clock.look() if clock is not None else None
            found = self._look()
            if found is not None and reached(found):
                return self
            ended = found is not None and found["runtimeStatus"] in ENDED
            hopeless = rest is not None and not rest.at_work and rest.next_timer is None
            if ended or pauses.are_over or (hopeless and quiet.are_over and timeout is None):
                raise FunctionsError(self._why_not(found, wanted, hopeless and not ended))
            if not hopeless:
                quiet = Pauses(QUIET)
            if (
                clock is not None
                and rest is not None
                and self._functions.skip_time
                and rest.next_timer is not None
                and not rest.at_work
                and clock.skip_to_next_timer(rest)
            ):
                continue
            pauses.sleep()

    def _why_not(self, found: dict[str, Any] | None, wanted: str, is_quiet: bool) -> str:
        if found is None:
            text = f"there is no instance {self.id}"
        else:
            text = f"{found['name']} {self.id} is {found['runtimeStatus']}, not {wanted}"
            if found["customStatus"] is not None:
                text += f"; its custom status is {json.dumps(found['customStatus'])}"
            if found["output"] is not None:
                text += f"; its output is {json.dumps(found['output'])}"
        return text + ("; nothing is under way, and no timer is due" if is_quiet else "")

    def _details(self, **query: str) -> dict[str, Any]:
        found = self._look(**query)
        if found is None:
            raise FunctionsError(f"there is no instance {self.id}")
        return found

    def _look(self, **query: str) -> dict[str, Any] | None:
        answer = self._functions.web.request("GET", self._path, params=query)
        if answer.status_code == 404:
            return None
        if answer.status_code not in (200, 202):
            raise FunctionsError(repr(answer))
        found: dict[str, Any] = answer.json()
        return found

    def _do(self, method: str, path: str, **arguments: Any) -> None:
        answer = self._functions.web.request(method, path, **arguments)
        if answer.status_code not in (200, 202):
            reasons = {404: "is not there", 410: "has ended"}
            reason = reasons.get(answer.status_code, f"refuses: {answer!r}")
            raise FunctionsError(f"instance {self.id} {reason}")


def _fits(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return all(name in found and _fits(found[name], wanted[name]) for name in wanted)
    return bool(found == wanted)


def _reason(reason: str | None) -> dict[str, str]:
    return {} if reason is None else {"reason": reason}
