import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError, ServiceRequestError

from functions_emulator.triggers.queue_message import Lease


def mismatch() -> HttpResponseError:
    error = HttpResponseError("The specified pop receipt did not match.")
    error.error_code = "PopReceiptMismatch"  # type: ignore[attr-defined]
    return error


class Client:
    """A queue that gives a new receipt at each update; `fail` raises at the next requests."""

    def __init__(self) -> None:
        self.receipt = 1
        self.updates: list[int] = []
        self.deleted = False
        self.fail: list[Exception] = []
        self.updating = asyncio.Event()
        self.answer = asyncio.Event()
        self.answer.set()

    async def update_message(self, _: str, *, pop_receipt: str, visibility_timeout: int) -> Any:
        self._check(pop_receipt)
        self.receipt += 1
        self.updates.append(visibility_timeout)
        self.updating.set()
        await self.answer.wait()
        return SimpleNamespace(pop_receipt=str(self.receipt))

    async def delete_message(self, _: str, *, pop_receipt: str) -> None:
        self._check(pop_receipt)
        self.deleted = True

    def _check(self, pop_receipt: str) -> None:
        if self.fail:
            raise self.fail.pop(0)
        if pop_receipt != str(self.receipt):
            raise mismatch()


def lease_of(client: Client, invisibility: float = 0.02) -> Lease:
    message: Any = SimpleNamespace(id="m", pop_receipt="1")
    return Lease(client, message, timedelta(seconds=invisibility))  # type: ignore[arg-type]


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(main(), 5))


def test_a_renewal_under_way_is_awaited_so_that_its_receipt_is_known() -> None:
    async def main() -> None:
        client = Client()
        client.answer.clear()
        lease = lease_of(client)
        keeping = asyncio.create_task(lease.keep())
        await client.updating.wait()
        lease.served.set()
        client.answer.set()
        await keeping
        await lease.delete()
        assert client.deleted

    run(main)


def test_a_served_message_is_renewed_no_more() -> None:
    async def main() -> None:
        client = Client()
        lease = lease_of(client)
        lease.served.set()
        await lease.keep()
        assert client.updates == []

    run(main)


def test_a_failed_renewal_is_repeated(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        client = Client()
        client.fail = [ServiceRequestError("connection refused")]
        lease = lease_of(client)
        keeping = asyncio.create_task(lease.keep())
        await client.updating.wait()
        lease.served.set()
        await keeping

    run(main)
    assert "could not be kept invisible: connection refused" in caplog.text


@pytest.mark.parametrize("error", [mismatch(), ResourceNotFoundError("gone")])
def test_a_message_that_is_somebody_elses_is_left_alone(error: Exception) -> None:
    async def main() -> None:
        client = Client()
        client.fail = [error]
        lease = lease_of(client)
        await lease.keep()
        assert lease.lost
        await lease.delete()
        await lease.release(timedelta(0))
        assert not client.deleted and client.updates == []

    run(main)


def test_another_error_is_raised_to_whoever_repeats_it() -> None:
    async def main() -> None:
        client = Client()
        client.fail = [HttpResponseError("server busy")]
        with pytest.raises(HttpResponseError, match="server busy"):
            await lease_of(client).delete()

    run(main)
