import json

import pytest

from tools.event_queue import notification
from tools.events import tool
from tools.json_argument import parse_data
from tools.processes import WrongUsage


def test_a_notification_has_the_contract_s_names_and_the_canonical_event() -> None:
    text = notification("order-17", "pROCEED", {"by": "ann"})
    assert json.loads(text) == {
        "instanceID": "order-17",
        "EventName": "Proceed",
        "EventData": {"by": "ann"},
    }


@pytest.mark.parametrize("order_id", ["", "-x", "x/terminate?reason=pwn#", "a" * 101, "a\n"])
def test_an_id_that_the_app_would_refuse_is_not_sent(order_id: str) -> None:
    with pytest.raises(WrongUsage, match="is no order id"):
        notification(order_id, "Proceed")


def test_an_unknown_event_is_refused_with_the_known_ones() -> None:
    with pytest.raises(WrongUsage, match="'Go' is no event. Orders know Proceed and Cancel"):
        notification("order-17", "Go")


def test_data_that_no_queue_takes_is_refused() -> None:
    with pytest.raises(WrongUsage, match="48 KiB"):
        notification("order-17", "Proceed", "x" * 50_000)


@pytest.mark.parametrize("text", ["{", "so", "NaN", ""])
def test_data_that_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(WrongUsage, match="is not JSON"):
        parse_data(text)


@pytest.mark.parametrize(("text", "data"), [(None, None), ("5", 5), ('"so"', "so"), ("[]", [])])
def test_data_is_any_json(text: str | None, data: object) -> None:
    assert parse_data(text) == data


def test_nobody_listening_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = "AccountName=a;AccountKey=a2V5;QueueEndpoint=http://127.0.0.1:9/a;"
    assert tool.run(["send", "order-17", "Proceed", "--connection", nowhere]) == 4
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("No answer from http://127.0.0.1:9/a/event-queue.")
    assert printed.err.count("\n") == 1


def test_a_connection_string_that_is_none_is_one_clear_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert tool.run(["send", "order-17", "Proceed", "--connection", "nonsense"]) == 1
    assert capsys.readouterr().err.startswith("The connection string is not one")


@pytest.mark.parametrize("arguments", [["--help"], ["send", "--help"]])
def test_help_shows_examples(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.run(arguments) == 0
    assert "python -m tools.events send order-17 Proceed" in capsys.readouterr().out
