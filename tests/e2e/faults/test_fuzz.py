"""A short run of `make fuzz`, and that it notices what is wrong."""

from pathlib import Path

import pytest

from tests.fuzz.inputs import Plain
from tests.fuzz.run import fuzz
from tests.fuzz.sending import LARGEST, Sender, Sent


@pytest.mark.timeout(280)
def test_a_short_run_finds_nothing_wrong(tmp_path: Path) -> None:
    report = fuzz(tmp_path, inputs=150, seed=1, senders=1)
    assert report.troubles == []
    assert report.inputs == 150
    assert report.largest < LARGEST
    assert report.answers["message"] and report.answers["202"] and report.answers["400"]
    assert sum(report.orders.values()) > 1


class Elsewhere(Sender):
    """A sender that looks at answers which no app has given."""

    def __init__(self) -> None:
        self.sent = Sent()


@pytest.mark.parametrize(
    ("status", "size", "words"),
    [(500, 10, "500 for"), (0, 0, "0 for"), (200, LARGEST + 1, "bytes for"), (503, 10, "503 for")],
)
def test_it_notices_an_answer_that_is_wrong(status: int, size: int, words: str) -> None:
    sender = Elsewhere()
    sender._look(status, size, Plain("GET", "/"), "")
    [trouble] = sender.sent.troubles
    assert words in trouble


def test_it_lets_good_answers_pass() -> None:
    sender = Elsewhere()
    for status in (200, 202, 304, 400, 404, 409, 412, 413):
        sender._look(status, LARGEST, Plain("GET", "/"), "")
    assert sender.sent.troubles == []
