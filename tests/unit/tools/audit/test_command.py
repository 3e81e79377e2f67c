from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.tools.audit.sound_books import SOUND
from tools.audit import __main__ as command
from tools.audit.__main__ import lasting, report, summary, tool
from tools.audit.books import Books
from tools.audit.entries import Queued, Stock
from tools.audit.invariants import Violation

NOWHERE = "AccountName=x;AccountKey=a2V5;" + "".join(
    f"{service}Endpoint=http://127.0.0.1:1/x;" for service in ("Table", "Queue")
)
LOST = Books(stock={"TEA": Stock(3, 6)})


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "PAUSE", 0.0)


def test_what_is_wrong_at_every_reading_is_reported() -> None:
    books, violations = lasting(lambda: LOST, timedelta(0))
    assert books is LOST
    assert [violation.invariant for violation in violations] == [3]


def test_what_is_wrong_once_was_a_reading_between_two_steps() -> None:
    readings = iter([LOST, SOUND, LOST])
    _, violations = lasting(lambda: next(readings), timedelta(0))
    assert violations == []


def test_each_invariant_is_printed_and_what_violates_it(capsys: pytest.CaptureFixture[str]) -> None:
    report([Violation(3, f"SKU {number}") for number in range(30)])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line[0] != " "] == [
        "holds",
        "holds",
        "VIOLATED",
        "holds",
        "holds",
        "holds",
    ]
    assert sum("SKU" in line for line in lines) == 21, "the title and twenty"
    assert any("and 10 more" in line for line in lines)


def test_the_summary_counts_orders_by_stage_and_messages() -> None:
    text = summary(Books(orders=SOUND.orders, queue=Queued(messages=2, poison=3)))
    ends = "1 AwaitingProceed, 1 Cancelled, 1 Invoiced, 1 PaymentDeclined, 1 Rejected, 1 Terminated"
    assert ends in text
    assert "2 on the queue, 3 poison" in text


def test_an_app_that_is_not_there_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--connection", NOWHERE, "--base-url", "http://127.0.0.1:1"]
    assert tool.run(arguments) == 4
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "Is it there?" in error
    assert "a2V5" not in error


@pytest.mark.parametrize(
    ("books", "exit_code", "printed"),
    [
        (SOUND, 0, "holds    3. "),
        (LOST, 1, "SKU TEA: 3 available + 0 held, 6 stocked"),
    ],
)
def test_the_exit_code_tells_whether_an_invariant_is_violated(
    books: Books,
    exit_code: int,
    printed: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command, "read_books", lambda *_: books)
    assert tool.run(["--connection", NOWHERE]) == exit_code
    assert printed in capsys.readouterr().out


def test_the_grace_of_the_command_line_is_the_one_that_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    young = replace(SOUND, queue=Queued(1, SOUND.read_at - timedelta(seconds=60)))
    monkeypatch.setattr(command, "read_books", lambda *_: young)
    assert tool.run(["--connection", NOWHERE]) == 0
    assert tool.run(["--connection", NOWHERE, "--grace", "30"]) == 1
    assert tool.run(["--connection", NOWHERE, "--grace", "0"]) == 1
