"""An emulator that runs a sample app, seen over HTTP."""

import json
from pathlib import Path
from typing import Any

import requests

from tests.support import HostProcess, wait_until

APPS = Path(__file__).parent / "apps"
DURABLE = "/runtime/webhooks/durabletask"
ENDED = ("Completed", "Failed", "Terminated")
PATIENCE = 120.0


class SampleHost:
    """A sample app on the emulator; `call` goes to its management API."""

    def __init__(self, app: str, folder: Path, **settings: str) -> None:
        self.state = folder / "state.db"
        self.host = HostProcess(APPS / app, self.state, folder / "host.log", settings)
        self.session = requests.Session()

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        url = path if path.startswith("http") else f"{self.host.base_url}{DURABLE}{path}"
        return self.session.request(method, url, timeout=PATIENCE, **arguments)

    def start(self, name: str, data: Any = None, instance_id: str | None = None) -> str:
        path = f"/orchestrators/{name}" + (f"/{instance_id}" if instance_id else "")
        body = {} if data is None else {"json": data}
        answer = self.call("POST", path, **body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def status(self, instance_id: str, **query: str) -> dict[str, Any]:
        answer = self.call("GET", f"/instances/{instance_id}", params=query)
        assert answer.status_code in (200, 202), answer.text
        found: dict[str, Any] = answer.json()
        return found

    def wait_for(self, instance_id: str, *wanted: str) -> dict[str, Any]:
        """Wait for a runtime status, by default an end."""
        found: dict[str, Any] = {}

        def reached() -> bool:
            found.update(self.status(instance_id))
            return found["runtimeStatus"] in (wanted or ENDED)

        assert wait_until(reached, PATIENCE), f"{found}\n{self.host.log[-3000:]}"
        return found

    def wait_for_custom_status(self, instance_id: str, wanted: Any) -> None:
        def reached() -> bool:
            return bool(self.status(instance_id)["customStatus"] == wanted)

        assert wait_until(reached, PATIENCE), self.status(instance_id)

    def run(self, name: str, data: Any = None) -> dict[str, Any]:
        """Run an orchestration to its end."""
        return self.wait_for(self.start(name, data))

    def raise_event(self, instance_id: str, name: str, data: Any = None) -> None:
        answer = self.call(
            "POST",
            f"/instances/{instance_id}/raiseEvent/{name}",
            data=json.dumps(data),  # requests sends no body for json=None
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == 202, answer.text

    def history(self, instance_id: str) -> list[str]:
        """The kinds of event in an instance's history."""
        events = self.status(instance_id, showHistory="true").get("historyEvents", [])
        return [event["EventType"] for event in events]

    def wait_for_history(self, instance_id: str, kind: str) -> None:
        assert wait_until(lambda: kind in self.history(instance_id), PATIENCE)

    def advance(self, seconds: float) -> None:
        url = f"{self.host.base_url}/admin/emulator/clock"
        answer = self.session.post(url, json={"advanceSeconds": seconds}, timeout=PATIENCE)
        assert answer.status_code == 200, answer.text
