import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from functions_emulator.triggers.crash import PATH, SETTING, crash_routes

ALLOWED = {SETTING: "true"}


def call(environment: Mapping[str, str], method: str, **options: Any) -> tuple[int, int]:
    """Return the status of a request and how often the process was killed within a second."""
    kills: list[None] = []

    async def use() -> int:
        killed = asyncio.Event()

        def kill() -> None:
            kills.append(None)
            killed.set()

        application = web.Application()
        application.add_routes(crash_routes(environment, kill))
        async with TestClient(TestServer(application)) as client:
            response = await client.request(method, PATH, **options)
            if response.status == 202:
                await asyncio.wait_for(killed.wait(), 5)
            return response.status

    return asyncio.run(use()), len(kills)


def test_a_crash_is_answered_first_and_then_happens() -> None:
    assert call(ALLOWED, "POST", json={}) == (202, 1)


def test_a_page_can_ask_whether_there_is_one() -> None:
    assert call(ALLOWED, "GET") == (204, 0)


@pytest.mark.parametrize("environment", [{}, {SETTING: ""}, {SETTING: "false"}])
def test_there_is_none_unless_it_is_allowed(environment: dict[str, str]) -> None:
    assert call(environment, "GET") == (404, 0)
    assert call(environment, "POST", json={}) == (404, 0)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_what_a_page_of_another_origin_can_send_unasked_kills_nothing(kind: str) -> None:
    assert call(ALLOWED, "POST", data=b"{}", headers={"Content-Type": kind}) == (415, 0)
