"""What is told where nothing answers: words, not an exception's."""

import socket
import threading
from collections.abc import Iterator
from urllib.error import URLError

import pytest

from tools.http_client import request, why


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_a_port_where_nobody_listens(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    listener.close()
    answer = request("GET", f"http://127.0.0.1:{port}/")
    assert (answer.status, answer.text) == (0, "connection refused")


def test_a_server_that_never_answers(listener: socket.socket) -> None:
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    assert request("GET", url, timeout=0.1).text == "it took too long"


def test_a_server_that_hangs_up(listener: socket.socket) -> None:
    def hang_up() -> None:
        connection, _ = listener.accept()
        connection.recv(1000)
        connection.close()

    thread = threading.Thread(target=hang_up)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    assert request("GET", url).text in ("it hung up", "connection reset by peer")
    thread.join()


def test_a_name_that_nobody_has() -> None:
    unknown = URLError(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    assert why(unknown) == "no such name on the network"
