"""What an orchestrator gets to see of a request that nobody answers."""

import asyncio
import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from functions_emulator.durable.errors import ActivityFailure
from functions_emulator.durable.http import activity
from functions_emulator.durable.http.activity import HttpActivity


def failure_of(answer: bytes | None) -> ActivityFailure:
    """Make a request to a server that sends these bytes and hangs up, or never sends any."""

    async def ask(port: int) -> ActivityFailure:
        http = HttpActivity()
        with pytest.raises(ActivityFailure) as failure:
            await http.run(json.dumps({"uri": f"http://127.0.0.1:{port}/"}))
        await http.close()
        return failure.value

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            # One that is closed with something unread is reset, and the answer may be lost.
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += connection.recv(4096)
            connection.sendall(answer or b"")

    # One that never answers need not even be accepted: the system has connected it.
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        served = pool.submit(serve) if answer is not None else None
        failure = asyncio.run(ask(server.getsockname()[1]))
        if served is not None:
            served.result()
        return failure


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
