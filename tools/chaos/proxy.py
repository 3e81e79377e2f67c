"""A proxy in front of storage at which armed faults happen."""

from __future__ import annotations

import json
from collections.abc import Sequence

from aiohttp import web

from tools.chaos.armed import Armed
from tools.chaos.journal import Journal, order_ids_in
from tools.chaos.wire import RETRY_AFTER, suffer
from tools.proxy import Proxy

_CODES = {500: "InternalError", 429: "TooManyRequests", 503: "ServerBusy"}


class FaultProxy(Proxy):
    """A Proxy whose requests meet the armed faults of `storage`; the journal says which.

    A poll of a queue meets none: it is most of what goes by, and nothing depends on it. Messages
    that are sent through it meet `message-doubled` among the faults of `app-message`.
    """

    def __init__(self, targets: Sequence[int], armed: Armed, journal: Journal) -> None:
        super().__init__(targets)
        self._armed = armed
        self._journal = journal

    async def answer(self, target: int, request: web.Request, body: bytes) -> web.Response | None:
        """Return Azurite's answer or a fault's."""

        async def work() -> web.Response | None:
            return await super(FaultProxy, self).answer(target, request, body)

        is_message = "/messages" in request.path
        if is_message and request.method == "GET":
            return await work()
        if is_message and request.method == "POST":
            double = self._armed.take("app-message")
            if double is not None:
                first = await work()
                if first is None or first.status != 201:
                    self._armed.add("app-message", double)
                    return first
                self._journal.note("message-doubled", detail="one that the app sent")
        fault = self._armed.take("storage")
        if fault is None:
            return await work()
        what = f"{request.method} {request.path.rpartition('devstoreaccount1/')[2][:80]}"
        answer = await suffer(fault.kind, fault.number, work, _refusal)
        self._journal.note(
            fault.kind, order_ids_in(request.path, *request.query.values(), body), what
        )
        return answer


def _refusal(status: int) -> web.Response:
    code = _CODES[status]
    text = json.dumps({"odata.error": {"code": code, "message": {"value": "made up"}}})
    headers = {"x-ms-error-code": code, "Content-Type": "application/json"}
    if status in (429, 503):
        headers["Retry-After"] = str(RETRY_AFTER)
    return web.Response(status=status, text=text, headers=headers)
