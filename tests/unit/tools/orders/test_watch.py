import io
from typing import Any

import pytest

from tools.orders.api import OrderApi, Progress
from tools.orders.history import entries
from tools.orders.watch import PATIENCE, watch
from tools.processes import NoAnswer

DAY = "2026-11-22"


def progress(
    stage: str, runtime_status: str = "Running", history: Any = (), **more: Any
) -> Progress:
    order = {"orderId": "o-1", "stage": stage, "runtimeStatus": runtime_status, **more}
    return Progress(order, None if history is None else list(history))


def step(kind: str, second: int, **more: Any) -> dict[str, Any]:
    return {"type": kind, "time": f"{DAY}T20:14:{second:02d}.123Z", **more}


def check(attempt: int, second: int, outcome: str | None) -> dict[str, Any]:
    begun = step("check", second, attempt=attempt, outcome=outcome)
    return {**begun, "endTime": outcome and f"{DAY}T20:14:{second + 1:02d}.001Z"}


PLACED = step("placed", 1)
SHORT = [{"sku": "espresso-machine", "missing": 44, "needed": 46, "available": 2}]
WAITING = progress(
    "AwaitingProceed",
    history=[PLACED, check(1, 2, "short"), step("wait", 3, until="2026-11-23T20:14:03.000Z")],
    attempt=1,
    waitingFor=["Proceed", "Cancel"],
    until="2026-11-29T20:14:00Z",
    short=SHORT,
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
    first = progress("CheckingInventory", history=[PLACED, check(1, 2, None)])
    last = progress("Invoiced", "Completed", [*(WAITING.history or []), step("timer", 9)])
    assert watched(stream, first, first, WAITING, WAITING, last) == last.order
    assert stream.getvalue().splitlines() == [
        "2026-11-22 20:14:01  order placed",
        "2026-11-22 20:14:02  stock check 1 begun",
        "o-1: CheckingInventory",
        "2026-11-22 20:14:03  stock check 1: stock is short",
        "2026-11-22 20:14:03  waits",
        "o-1: AwaitingProceed, attempt 1",
        "waits for Proceed or Cancel until 2026-11-29 20:14:00 UTC",
        "short of espresso-machine: 44 missing",
        "2026-11-22 20:14:09  no event came; looks again",
        "o-1: Invoiced",
    ]


def test_a_wait_has_one_until_and_every_step_its_date() -> None:
    stream = io.StringIO()
    watched(stream, WAITING, progress("Invoiced", "Completed", WAITING.history))
    text = stream.getvalue()
    assert text.count("until") == 1 and "2026-11-23" not in text
    steps = [line for line in text.splitlines() if "20:14:0" in line and "until" not in line]
    assert len(steps) == 3 and all(line.startswith(DAY) for line in steps)


def test_a_wait_that_is_over_is_not_told_again() -> None:
    stream = io.StringIO()
    over = step("wait", 3, endTime="2026-11-25T20:14:03.000Z", seconds=259_200, endedBy="Proceed")
    last = progress("Invoiced", "Completed", [PLACED, check(1, 2, "short"), over])
    watched(stream, WAITING, last)
    assert stream.getvalue().count("waits\n") == 1


def test_two_events_that_read_the_same_are_both_told() -> None:
    stream = io.StringIO()
    raised = step("event", 4, name="Proceed")
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
    watched(stream, WAITING, progress("Invoiced", "Completed", [PLACED]))
    frames = stream.getvalue().split("\033[J")
    assert frames[0].count("\n") == 6 and "\033[6A" not in frames[0]
    assert frames[1].startswith("\033[6A\r")
    assert "Invoiced" in frames[1] and "AwaitingProceed" not in frames[1]


def test_a_small_terminal_shows_the_newest_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("LINES", "8")
    stream = Terminal()
    history = [step("event", number, name="X" * 50) for number in range(30)]
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
    failing = step("refund", 4, outcome="failed", error="storage is away")
    pause = step("retry", 5, step="refund", until="2026-11-23T20:14:03.000Z")
    watched(stream, progress("Cancelled", history=[failing, pause]), progress("x", "Failed"))
    assert "20:14:04  refund: failed - storage is away\n" in stream.getvalue()
    assert "20:14:05  refund is tried again after a pause\n" in stream.getvalue()


def test_without_a_key_to_the_history_the_stages_are_told() -> None:
    stream = io.StringIO()
    watched(
        stream, progress("AwaitingProceed", history=None), progress("Invoiced", "Completed", None)
    )
    assert stream.getvalue().splitlines() == [
        "o-1: AwaitingProceed",
        "No history: the app does not show it for this key.",
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


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (step("check", 4, attempt=2, outcome="reserved"), "stock check 2: reserved"),
        (
            step("payment", 4, outcome="charged", total=105470, currency="EUR"),
            "payment: charged 1,054.70 EUR",
        ),
        (step("payment", 4, outcome="declined", reason="No."), "payment: declined - No."),
        (
            step("release", 4, outcome="nothing"),
            "release of the stock: there was nothing to give back",
        ),
        (step("ShipOrder", 4, outcome="done"), "ShipOrder: done"),
        (step("end", 4, stage="Cancelled", reason="She left."), "ended: Cancelled - She left."),
        (step("cut", 4, left=7), "(7 steps before are not shown)"),
        (step("event", 4, name="\x1b[31mX"), "event \N{REPLACEMENT CHARACTER}[31mX came"),
        (step("suspended", 4), "suspended"),
    ],
)  # fmt: skip
def test_every_kind_of_step_is_told_in_words(given: dict[str, Any], words: str) -> None:
    assert entries([given]) == [f"2026-11-22 20:14:04  {words}"]
