"""Terminate, suspend, resume and rewind: what the management API answers to each.

Source: durable-extension HttpApiHandler.cs, the Handle...InstanceRequestAsync methods.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from emulator.durable import answers
from emulator.durable.client import Client
from emulator.durable.errors import NotAllowed
from emulator.durable.instance import FAILED, Status

Operation = Callable[[Client, Status, "str | None"], Awaitable[web.Response]]


async def _terminate(client: Client, found: Status, reason: str | None) -> web.Response:
    if found.ended:
        return answers.empty(410)
    await client.terminate(found.instance_id, reason)
    return answers.empty(202)


async def _suspend(client: Client, found: Status, reason: str | None) -> web.Response:
    if found.ended:
        return answers.empty(410)
    await client.suspend(found, reason)
    return answers.empty(202)


async def _resume(client: Client, found: Status, reason: str | None) -> web.Response:
    if found.ended:
        return answers.empty(410)
    await client.resume(found, reason)
    return answers.empty(202)


async def _rewind(client: Client, found: Status, reason: str | None) -> web.Response:
    if found.ended and found.runtime_status != FAILED:
        return answers.empty(410)
    try:
        await client.rewind(found, reason)
    except NotAllowed as error:  # newer extensions answer 412 here, older ones 500
        return answers.error(412, str(error), str(error))
    return answers.empty(202)


OPERATIONS: dict[str, Operation] = {
    "terminate": _terminate,
    "suspend": _suspend,
    "resume": _resume,
    "rewind": _rewind,
}
