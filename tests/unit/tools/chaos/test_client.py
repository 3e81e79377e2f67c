from collections.abc import Callable, Iterator

import pytest

from tools.chaos import client as module
from tools.chaos.client import Client
from tools.chaos.journal import Journal
from tools.http_client import Response
from tools.processes import ToolError


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have requests answered with these statuses, the last of them for ever."""
    monkeypatch.setattr(module.time, "sleep", lambda seconds: None)

    def set_to(*statuses: int) -> None:
        left: Iterator[int] = iter(statuses)

        def request(*arguments: object, **options: object) -> Response:
            return Response(next(left, statuses[-1]), b"text")

        monkeypatch.setattr(module, "request", request)

    return set_to


def test_a_request_is_repeated_until_it_is_answered(
    journal: Journal, answer: Callable[..., None]
) -> None:
    client = Client(lambda: "", journal)
    answer(0, 503, 0, 202)
    assert client.insist("POST", "/api/orders", {}, (202,)).status == 202
    assert client.record.statuses == {503: 1, 202: 1}
    assert client.broken == []


def test_a_500_is_told(journal: Journal, answer: Callable[..., None]) -> None:
    client = Client(lambda: "", journal)
    answer(500, 200)
    client.insist("GET", "/api/orders/o-1")
    assert client.broken == ["GET /api/orders/o-1 was answered with 500: text"]


def test_a_500_in_the_place_of_a_process_that_was_killed_is_nobodys_fault(
    journal: Journal, answer: Callable[..., None]
) -> None:
    client = Client(lambda: "", journal)
    answer(500, 200)
    client.insist("GET", "/api/orders/o-1")
    # Its victims have their answers before a kill is written down.
    journal.note("worker-killed")
    assert client.record.statuses == {200: 1} and client.broken == []


def test_an_answer_that_must_not_be_ends_it(journal: Journal, answer: Callable[..., None]) -> None:
    answer(400)
    with pytest.raises(ToolError, match="POST /api/orders answered 400: text"):
        Client(lambda: "", journal).insist("POST", "/api/orders", {}, (202,))
