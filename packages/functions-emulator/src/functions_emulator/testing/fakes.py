"""Fakes of activities: the test's process answers instead of the app."""

from __future__ import annotations

import itertools
import json
from typing import Any
from urllib.parse import quote

from functions_emulator.testing.answers import answer, from_text, to_text
from functions_emulator.testing.errors import FunctionsError
from functions_emulator.testing.local_server import Answer, LocalServer
from functions_emulator.testing.web import WebClient

# A failure is shown where the test is, not here.
__tracebackhide__ = True


class Fake:
    """Stand for one activity; `calls` holds the input of each call, in order."""

    def __init__(self, name: str, replacement: Any) -> None:
        self.name = name
        self.calls: list[Any] = []
        self._replacement = replacement

    def run(self, input_text: str | None) -> dict[str, Any]:
        """Answer a call of the host."""
        data = from_text(input_text)
        self.calls.append(data)
        try:
            return {"result": to_text(self.name, answer(self._replacement, data))}
        except Exception as error:
            return {"error": {"type": type(error).__name__, "message": str(error)}}

    def __repr__(self) -> str:
        return f"<Fake of {self.name}, {len(self.calls)} calls>"


class FakeServer:
    """Serve the fakes of one session; the server starts with the first."""

    def __init__(self) -> None:
        self._fakes: dict[str, Fake] = {}
        self._numbers = itertools.count(1)
        self._server: LocalServer | None = None

    def put(self, web: WebClient, name: str, replacement: Any) -> Fake:
        """Have the host call a fake instead of an activity; FunctionsError if it refuses."""
        if self._server is None:
            self._server = LocalServer(self._handle)
        fake, path = Fake(name, replacement), f"/{next(self._numbers)}"
        self._fakes[path] = fake
        body = {"url": self._server.url + path}
        answered = web.request("PUT", f"/admin/emulator/fakes/{quote(name, safe='')}", json=body)
        if answered.status_code != 204:
            raise FunctionsError(f"{name} cannot be faked: {answered.json()['error']}.")
        return fake

    def clear(self) -> None:
        """Forget the fakes of a test that has ended."""
        self._fakes.clear()

    def close(self) -> None:
        """Take no more calls."""
        if self._server is not None:
            self._server.close()

    def _handle(self, method: str, path: str, body: bytes) -> Answer:
        fake = self._fakes.get(path)
        if fake is None:
            return Answer(410)
        answered = fake.run(json.loads(body)["input"])
        return Answer(200, json.dumps(answered).encode(), {"Content-Type": "application/json"})
