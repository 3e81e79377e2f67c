"""The app under test, as the fixture `functions` gives it to a test."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

from functions_emulator.testing.clock import Clock
from functions_emulator.testing.errors import FunctionsError
from functions_emulator.testing.instance import DURABLE, TIMEOUT, Instance
from functions_emulator.testing.queues import Queue
from functions_emulator.testing.waiting import until
from functions_emulator.testing.web import Response, WebClient

if TYPE_CHECKING:
    from functions_emulator.testing.fakes import Fake
    from functions_emulator.testing.hosts import Host

Body = str | bytes | Mapping[str, Any]

# A failure is shown where the test is, not here.
__tracebackhide__ = True


class Functions:
    """Use an app over HTTP, queues and its orchestrations.

    `skip_time` says whether a wait for an instance moves the clock. `skip` skips the test for
    what a host other than the emulator cannot do.
    """

    def __init__(self, host: Host, skip: Callable[[str], NoReturn], skip_time: bool = True) -> None:
        self.skip_time = skip_time
        self.web = WebClient(host.base_url, host.headers)
        self.clock = Clock(self.web) if host.is_emulator else None
        self._host = host
        self._skip = skip
        self._start_of_log = host.log_size()
        self._touched: dict[str, Instance] = {}

    @property
    def url(self) -> str:
        """Tell where the app is, for a client of your own."""
        return self._host.base_url

    @property
    def log(self) -> str:
        """Give what the host has printed since the test began; nothing for one that runs."""
        return self._host.log(self._start_of_log)

    def request(self, method: str, path: str, **arguments: Any) -> Response:
        """Send a request: `json`, `data` (text, bytes, or a form), `params`, `headers`."""
        return self.web.request(method, path, **arguments)

    def get(self, path: str, **arguments: Any) -> Response:
        """Send a GET to a path such as `/api/orders`; arguments as `request`."""
        return self.request("GET", path, **arguments)

    def post(self, path: str, **arguments: Any) -> Response:
        """Send a POST; arguments as `request`."""
        return self.request("POST", path, **arguments)

    def put(self, path: str, **arguments: Any) -> Response:
        """Send a PUT; arguments as `request`."""
        return self.request("PUT", path, **arguments)

    def patch(self, path: str, **arguments: Any) -> Response:
        """Send a PATCH; arguments as `request`."""
        return self.request("PATCH", path, **arguments)

    def delete(self, path: str, **arguments: Any) -> Response:
        """Send a DELETE; arguments as `request`."""
        return self.request("DELETE", path, **arguments)

    def start(self, orchestrator: str, input: Any = None, id: str | None = None) -> Instance:
        """Start an orchestration as a durable client of the app does."""
        path = f"{DURABLE}/orchestrators/{quote(orchestrator, safe='')}"
        if id is not None:
            path += f"/{quote(id, safe='')}"
        data = None if input is None else self._host.client_input(json.dumps(input))
        answer = self.post(path, data=data, headers={"Content-Type": "application/json"})
        if answer.status_code != 202:
            raise FunctionsError(f"{orchestrator} was not started: {answer.text}")
        return self.instance(str(answer.json()["id"]))

    def instance(self, id: str) -> Instance:
        """Give the orchestration instance of an id, whether it is there yet or not."""
        return self._touched.setdefault(id, Instance(self, id))

    def instances(self) -> list[Instance]:
        """Give every instance that the host has; on the emulator, those of this test."""
        found = self.get(f"{DURABLE}/instances", params={"top": 1000}).json()
        return [Instance(self, str(each["instanceId"])) for each in found]

    def run(self, function: str, input: Any = None) -> None:
        """Run a queue or timer function by hand, and on the emulator wait for its end."""
        body = {"input": input if isinstance(input, str | None) else json.dumps(input)}
        answer = self.post(f"/admin/functions/{quote(function, safe='')}", json=body)
        if answer.status_code != 202:
            raise FunctionsError(f"{function} was not run: {answer!r}")
        if (clock := self.clock) is not None:
            name = function.lower()
            ended = until(lambda: name not in map(str.lower, clock.look().running), TIMEOUT)
            if not ended:
                raise FunctionsError(f"{function} still runs after {TIMEOUT:g} s")

    def queue(self, name: str, connection: str = "AzureWebJobsStorage") -> Queue:
        """Give a storage queue of the app; `connection` names the app setting."""
        return self._host.queue(name, connection)

    def fake(self, activity: str, replacement: Any = None) -> Fake:
        """Replace an activity for the rest of the test, by its name.

        `replacement` is what it answers, an exception that it raises, or a function that is
        called with its input, in a thread of the test's own process. `calls` of what is returned
        lists the inputs.
        """
        if not self._host.is_emulator:
            self._skip("functions.fake() needs the emulator: this host runs the app's own code.")
        return self._host.fakes.put(self.web, activity, replacement)

    def skip(
        self,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        timeout: float = 30,
    ) -> None:
        """Let time pass for the orchestrations, when what is under way is done.

        Each timer that is due in that time fires in its turn. `timeout` is in seconds of real time.
        """
        if self.clock is None:
            self._skip("functions.skip() needs the emulator: this host's clock cannot be moved.")
        duration = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        self.clock.skip(duration, timeout)

    def touched(self) -> list[Instance]:
        """Give the instances to show when the test fails."""
        found = list(self._touched.values())
        if self.clock is not None and self.clock.look().now is not None:
            found += [each for each in self.instances() if each.id not in self._touched]
        return found

    def close(self) -> None:
        """Undo what the test did to the host, as far as the host can."""
        try:
            self._host.reset(self.web)
        finally:
            self.web.close()
