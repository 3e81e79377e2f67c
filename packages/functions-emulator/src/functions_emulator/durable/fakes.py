"""Activities that a test has replaced: its own process answers for them."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

import aiohttp

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.durable.activities import RunActivity
from functions_emulator.durable.errors import BadArgument
from functions_emulator.failures import FunctionError


class FakeError(Exception):
    """The process that answers for a fake does not, or not as agreed."""


class Fakes:
    """Run an activity at the URL that stands for it, or as the app has it.

    A call is a POST of `{"activity", "input", "instanceId"}`, where `input` is JSON text or null.
    The answer is `{"result": JSON text or null}` or `{"error": {"type", "message"}}`.
    """

    def __init__(self, run: RunActivity, activities: Mapping[str, FunctionDefinition]) -> None:
        self._run = run
        self._activities = activities
        self._urls: dict[str, str] = {}
        self._session: aiohttp.ClientSession | None = None

    def put(self, name: str, url: str) -> None:
        """Replace an activity; BadArgument for one that is not there and for a URL elsewhere."""
        if name.lower() not in self._activities:
            names = ", ".join(sorted(each.durable_name for each in self._activities.values()))
            raise BadArgument(f"the app has no activity '{name}', but {names or 'none at all'}")
        if not _is_local(url):
            raise BadArgument(f"{url!r} is no http:// URL of this machine with an IP address")
        self._urls[name.lower()] = url

    def clear(self) -> None:
        """Take every replacement back."""
        self._urls.clear()

    async def run(self, name: str, input_text: str | None, instance_id: str) -> str | None:
        """Run an activity on JSON text; return its result as JSON text or raise its error."""
        url = self._urls.get(name.lower())
        if url is None:
            return await self._run(name, input_text, instance_id)
        call = {"activity": name, "input": input_text, "instanceId": instance_id}
        try:
            answer = await self._post(url, call)
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
            raise FakeError(f"the fake of {name} at {url} does not answer: {error}") from error
        failure = answer.get("error")
        if failure is not None:
            type_name, message = str(failure["type"]), str(failure["message"])
            raise FunctionError(type_name, message, f"{type_name}: {message}")
        result = answer.get("result")
        return None if result is None else str(result)

    async def _post(self, url: str, call: dict[str, str | None]) -> dict[str, dict[str, str]]:
        if self._session is None:
            # As patient as with an activity of the app: a person may be debugging the fake.
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
        async with self._session.post(url, json=call) as response:
            answer = json.loads(await response.text())
        if response.status != 200 or not isinstance(answer, dict):
            raise ValueError(f"HTTP {response.status}")
        return answer

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


def _is_local(url: str) -> bool:
    parts = urlsplit(url)
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
