"""Terminate, suspend, resume and rewind: what the management API answers to each.

Source: durable-extension HttpApiHandler.cs, the Handle...InstanceRequestAsync methods.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from functions_emulator.durable import answers
from functions_emulator.durable.client import Client
from functions_emulator.durable.errors import NotAllowed
from functions_emulator.durable.instance import FAILED, Status

REWIND = "rewind"
OPERATIONS: dict[str, Callable[[Client, Status, str | None], Awaitable[None]]] = {
    "terminate": Client.terminate,
    "suspend": Client.suspend,
    "resume": Client.resume,
    REWIND: Client.rewind,
}


async def operate(client: Client, name: str, found: Status, reason: str | None) -> web.Response:
    """Do one of OPERATIONS: 202, or 410 for an instance that has ended.

    A failed instance may be rewound; NotAllowed for what its state forbids otherwise.
    """
    if found.ended and not (name == REWIND and found.runtime_status == FAILED):
        return answers.empty(410)
    try:
        await OPERATIONS[name](client, found, reason)
    except NotAllowed as error:
        if name != REWIND:
            raise
        # Newer extensions answer 412 here, older ones 500.
        return answers.error(412, str(error), str(error))
    return answers.empty(202)
