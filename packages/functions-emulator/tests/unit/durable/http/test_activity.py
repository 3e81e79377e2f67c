"""What an orchestrator gets to see of a request that nobody answers."""

import asyncio
import json
from contextlib import suppress

import pytest

from functions_emulator.durable.errors import ActivityFailure
from functions_emulator.durable.http import activity
from functions_emulator.durable.http.activity import HttpActivity


def failure_of(answer: bytes | None) -> ActivityFailure:
    """Make a request to a server that sends these bytes and hangs up, or never sends any."""

    async def run() -> ActivityFailure:
        writers: list[asyncio.StreamWriter] = []

        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            if answer is not None:
                writer.write(answer)
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        http = HttpActivity()
        with pytest.raises(ActivityFailure) as failure:
            await http.run(json.dumps({"uri": f"http://127.0.0.1:{port}/"}))
        await http.close()
        server.close()
        for writer in writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        return failure.value

    return asyncio.run(run())


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "TIMEOUT_SECONDS", 0.05)
    failure = failure_of(None)
    assert failure.reason.startswith("The request was canceled due to the configured HttpClient")
    assert "System.Threading.Tasks.TaskCanceledException" in failure.details


def test_an_answer_that_breaks_off_fails() -> None:
    failure = failure_of(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
    assert failure.reason == "Error while copying content to a stream."
    assert json.loads(failure.details)["Message"] == failure.reason


def test_what_is_no_http_fails() -> None:
    failure = failure_of(b"rubbish\r\n\r\n")
    assert failure.reason == "An error occurred while sending the request."
