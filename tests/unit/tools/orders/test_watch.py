import io
from typing import Any

import pytest

from tools.orders.api import NoAnswer, OrderApi, Progress
from tools.orders.history import entries
from tools.orders.watch import PATIENCE, watch


def progress(
    stage: str, runtime_status: str = "Running", history: Any = (), **details: Any
) -> Progress:
    order = {"orderId": "o-1", "stage": stage, "runtimeStatus": runtime_status}
    return Progress(order, details, None if history is None else list(history))


def event(kind: str, second: int, **more: Any) -> dict[str, Any]:
    return {"EventType": kind, "Timestamp": f"2026-11-22T20:14:{second:02d}.123Z", **more}


STARTED = event("ExecutionStarted", 1, FunctionName="PlaceOrder")
SCHEDULED = event("TaskScheduled", 2, Name="CheckAndReserveInventory")
DONE = event("TaskCompleted", 3, FunctionName="CheckAndReserveInventory", ScheduledTime="...")
WAITING = progress(
    "AwaitingProceed",
    history=[STARTED, DONE, event("TimerCreated", 3, FireAt="2026-11-23T20:14:03Z")],
    attempt=1,
    waitingFor=["Proceed", "Cancel"],
    until="2026-11-29T20:14:00Z",
)


class FakeApi(OrderApi):
    """Answers one progress after the other; an exception is raised."""

    def __init__(self, *answers: Progress | NoAnswer) -> None:
        super().__init__("http://fake")
        self._answers = list(answers)

    def progress(self, order_id: str) -> Progress:
        answer = self._answers.pop(0)
        if isinstance(answer, NoAnswer):
            raise answer
        return answer


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def watched(stream: io.StringIO, *answers: Progress | NoAnswer) -> dict[str, Any]:
    clock = Clock()
    return watch(FakeApi(*answers), "o-1", stream, clock=clock, sleep=clock.sleep)


def test_into_a_pipe_goes_each_piece_of_news_once_and_no_control_code() -> None:
    stream = io.StringIO()
    first = progress("CheckingInventory", history=[STARTED, SCHEDULED])
    last = progress("Invoiced", "Completed", [*(WAITING.history or []), event("TimerFired", 9)])
    assert watched(stream, first, first, WAITING, WAITING, last) == last.order
    assert stream.getvalue().splitlines() == [
        "20:14:01  order started",
        "20:14:02  CheckAndReserveInventory started",
        "o-1: CheckingInventory",
        "20:14:03  CheckAndReserveInventory done",
        "20:14:03  waits until 2026-11-23 20:14:03 UTC at most",
        "o-1: AwaitingProceed, attempt 1",
        "waits for Proceed or Cancel until 2026-11-29T20:14:00Z",
        "20:14:09  timer fired",
        "o-1: Invoiced",
    ]


def test_two_events_that_read_the_same_are_both_told() -> None:
    stream = io.StringIO()
    raised = event("EventRaised", 4, Name="Proceed")
    watched(
        stream,
        progress("AwaitingProceed", history=[raised]),
        progress("Invoiced", "Completed", [raised, raised]),
    )
    assert stream.getvalue().count("20:14:04  event Proceed came") == 2


def test_a_terminal_shows_the_same_lines_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    stream = Terminal()
    watched(stream, WAITING, progress("Invoiced", "Completed", [STARTED]))
    frames = stream.getvalue().split("\033[J")
    assert frames[0].count("\n") == 5 and "\033[5A" not in frames[0]
    assert frames[1].startswith("\033[5A\r")
    assert "Invoiced" in frames[1] and "AwaitingProceed" not in frames[1]


def test_a_small_terminal_shows_the_newest_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("LINES", "8")
    stream = Terminal()
    history = [event("EventRaised", number, Name="X" * 50) for number in range(30)]
    watched(stream, progress("Invoiced", "Completed", history))
    assert stream.getvalue().count("\n") < 8
    assert "20:14:29" in stream.getvalue() and "20:14:02" not in stream.getvalue()
    assert "X" * 30 not in stream.getvalue()


def test_an_order_without_an_invoice_says_how_it_ended() -> None:
    stream = io.StringIO()
    ended = progress("Cancelled", "Completed", [])
    assert watched(stream, ended) == ended.order
    assert stream.getvalue() == "o-1: Cancelled\n"


def test_a_failing_compensation_is_named() -> None:
    stream = io.StringIO()
    failing = [{"step": "RefundPayment", "error": "storage is away"}]
    watched(stream, progress("Cancelled", failedCompensation=failing), progress("x", "Failed"))
    assert "RefundPayment fails and is tried again: storage is away" in stream.getvalue()


def test_without_the_master_key_the_stages_are_told() -> None:
    stream = io.StringIO()
    watched(
        stream, progress("AwaitingProceed", history=None), progress("Invoiced", "Completed", None)
    )
    assert stream.getvalue().splitlines() == [
        "o-1: AwaitingProceed",
        "No history: it asks for the master key.",
        "o-1: Invoiced",
    ]


def test_a_host_that_is_away_for_a_while_is_waited_for() -> None:
    stream = io.StringIO()
    away = [NoAnswer("no")] * 100
    watched(stream, WAITING, *away, progress("Invoiced", "Completed", []))
    assert "The host does not answer; still trying ..." in stream.getvalue()


def test_a_host_that_stays_away_ends_the_watching() -> None:
    with pytest.raises(NoAnswer):
        watched(io.StringIO(), WAITING, *[NoAnswer("no")] * int(PATIENCE * 2 + 2))


def test_a_host_that_never_answered_is_an_error_at_once() -> None:
    with pytest.raises(NoAnswer):
        watched(io.StringIO(), NoAnswer("no"), WAITING)


def test_events_that_tell_nothing_are_left_out() -> None:
    assert entries([event("GenericEvent", 1), {"EventType": "ExecutionCompleted"}]) == [
        "--:--:--  order ended"
    ]
