from pathlib import Path

import pytest

from tools.chaos.tickets import Run, Tickets

LINE = b'{"at": 1.5, "kind": "twice", "activity": "ProcessPayment", "input": {"orderId": "o-1"}}\n'


@pytest.fixture
def tickets(tmp_path: Path) -> Tickets:
    return Tickets(tmp_path / "chaos")


def test_a_ticket_lies_there_until_somebody_takes_it(tickets: Tickets) -> None:
    tickets.lay("twice")
    tickets.lay("again")
    names = sorted(path.name for path in (tickets.folder / "tickets").iterdir())
    assert names == ["1.twice", "2.again"]
    tickets.disarm()
    assert list((tickets.folder / "tickets").iterdir()) == []


def test_what_happened_is_told_once(tickets: Tickets) -> None:
    assert tickets.happened() == []
    log = tickets.folder / "happened.jsonl"
    log.write_bytes(LINE)
    [run] = tickets.happened()
    assert run == Run(1.5, "twice", "ProcessPayment", {"orderId": "o-1"})
    assert run.order_id == "o-1"
    assert tickets.happened() == []


def test_a_line_is_told_when_it_is_whole(tickets: Tickets) -> None:
    log = tickets.folder / "happened.jsonl"
    log.write_bytes(LINE[:20])
    assert tickets.happened() == []
    log.write_bytes(LINE + b"broken off\n" + LINE)
    assert len(tickets.happened()) == 2
