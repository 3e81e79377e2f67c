"""The poison queue as an operator works on it, on Azurite."""

import base64
import json
from collections.abc import Callable

import pytest
from azure.storage.queue import QueueClient

from ordering.notifications import EVENT_NAMES
from tools import events
from tools.event_queue import POISON_QUEUE, QUEUE, notification, open_queue, send

Run = Callable[..., int]


@pytest.fixture
def run(storage: str) -> Run:
    return lambda *arguments: events.tool.run([*arguments, "--connection", storage])


@pytest.fixture
def give_up(storage: str) -> Callable[[str], None]:
    """Put a text on the poison queue as it is."""

    def put(text: str) -> None:
        with open_queue(storage, POISON_QUEUE, as_it_is=True) as queue:
            send(queue, text)

    return put


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def bodies(storage: str, name: str) -> list[str]:
    """Return the visible messages of a queue, as they are."""
    with QueueClient.from_connection_string(storage, name) as queue:
        return [message.content for message in queue.peek_messages(max_messages=32)]


def test_a_queue_that_nobody_has_made_yet_is_empty(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("list-poison") == 0
    assert capsys.readouterr().out == "event-queue-poison is empty.\n"
    assert run("replay-poison") == 0
    assert run("replay-poison", "--all") == 0


def test_what_was_given_up_is_shown_with_its_problem_and_stays(
    run: Run,
    storage: str,
    give_up: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    give_up(encoded(notification("o-1", "Proceed")))
    give_up(encoded('{"instanceID": "o-1", "EventName": "Go"}'))
    give_up(encoded("\x1b[31mnot JSON"))
    give_up("plain, not JSON")
    for _ in range(2):
        assert run("list-poison") == 0
        printed = capsys.readouterr().out
        assert notification("o-1", "Proceed") in printed
        assert (
            "It can be delivered once its order is there: it was missing" in printed
            and "  plain, not JSON\n" in printed
        )
        assert f'EventName must be one of {", ".join(EVENT_NAMES)}; it is "Go"' in printed
        assert "\N{REPLACEMENT CHARACTER}[31mnot JSON" in printed and "\x1b" not in printed
        assert "\n4 in event-queue-poison." in printed
    assert len(bodies(storage, POISON_QUEUE)) == 4


def test_more_than_are_shown_are_counted(
    run: Run, give_up: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(34):
        give_up(encoded(notification(f"o-{number}", "Proceed")))
    assert run("list-poison") == 0
    assert "the oldest 32 of about 34 in event-queue-poison" in capsys.readouterr().out


def test_a_replay_sends_the_oldest_that_can_be_delivered(
    run: Run, storage: str, give_up: Callable[[str], None]
) -> None:
    for text in ("broken", notification("o-1", "Proceed"), notification("o-2", "Proceed")):
        give_up(encoded(text))
    assert run("replay-poison") == 0
    assert bodies(storage, QUEUE) == [encoded(notification("o-1", "Proceed"))]
    left = {encoded("broken"), encoded(notification("o-2", "Proceed"))}
    assert set(bodies(storage, POISON_QUEUE)) == left


def test_all_that_can_be_delivered_are_sent_and_the_others_left_with_the_reason(
    run: Run,
    storage: str,
    give_up: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    texts = [notification(f"o-{number:02d}", "Proceed") for number in range(40)]
    give_up(encoded("broken"))
    for text in texts:
        give_up(encoded(text))
    assert run("replay-poison", "--all") == 1
    with open_queue(storage) as queue:
        sent = [message.content for message in queue.receive_messages(messages_per_page=32)]
    assert sent == texts
    assert bodies(storage, POISON_QUEUE) == [encoded("broken")]
    printed = capsys.readouterr()
    assert "40 sent again, 1 left." in printed.out
    assert "body cannot be read" in printed.err


def test_plain_text_of_a_careless_sender_is_encoded_when_it_is_sent_again(
    run: Run, storage: str, give_up: Callable[[str], None]
) -> None:
    give_up(notification("o-1", "Proceed", "caf\u00e9"))
    assert run("replay-poison") == 0
    [content] = bodies(storage, QUEUE)
    assert json.loads(base64.b64decode(content))["EventData"] == "caf\u00e9"
    assert bodies(storage, POISON_QUEUE) == []


def test_messages_can_be_chosen_by_id(
    run: Run,
    storage: str,
    give_up: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    for number in range(3):
        give_up(encoded(notification(f"o-{number}", "Proceed")))
    run("list-poison")
    ids = [line.split()[0] for line in capsys.readouterr().out.splitlines() if "given up" in line]
    assert run("replay-poison", ids[1]) == 0
    assert bodies(storage, QUEUE) == [encoded(notification("o-1", "Proceed"))]
    assert len(bodies(storage, POISON_QUEUE)) == 2
    assert run("replay-poison", ids[1], ids[2]) == 1
    assert f"{ids[1]} is not, or no more, in event-queue-poison." in capsys.readouterr().err
    assert len(bodies(storage, POISON_QUEUE)) == 1


def test_ids_and_all_exclude_each_other(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("replay-poison", "--all", "x") == 2
    assert "not both" in capsys.readouterr().err


def test_a_message_is_sent_before_it_is_deleted(
    storage: str, give_up: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    give_up(encoded(notification("o-1", "Proceed")))
    monkeypatch.setattr(QueueClient, "delete_message", fail)
    assert run("replay-poison") == 130
    assert bodies(storage, QUEUE) == [encoded(notification("o-1", "Proceed"))]


def ids_of(run: Run, capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    run("list-poison")
    return [line.split()[0] for line in capsys.readouterr().out.splitlines() if "given up" in line]


def test_the_sender_of_plain_text_is_told_what_was_wrong_with_it(
    run: Run, give_up: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    give_up(notification("o-1", "Proceed"))
    give_up("Proceed order-17, please!")
    run("list-poison")
    printed = capsys.readouterr().out
    plain = "It was sent as plain text, and the queue takes base64 only."
    assert f"  {plain} It can be delivered: sent again from here, it is encoded.\n" in printed
    assert f"  {plain} The notification is not valid: body cannot be read" in printed
    assert "once its order is there" not in printed


def test_a_message_is_corrected_and_sent_in_the_place_of_the_old_one(
    run: Run, storage: str, give_up: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    give_up("Proceed o-1")
    give_up("another")
    bad, other = ids_of(run, capsys)
    right = '{"instanceid": "o-1", "eventname": "proceed"}'
    assert run("replay-poison", bad, "--as", right) == 0
    assert "It was: Proceed o-1\n" in capsys.readouterr().out
    assert bodies(storage, QUEUE) == [encoded(notification("o-1", "Proceed"))]
    assert ids_of(run, capsys) == [other]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (['{"instanceID": "o-1", "EventName": "Go"}'], "EventName must be one of Proceed, Cancel"),
        (["{"], "body cannot be read"),
        ([json.dumps({"instanceID": "o", "EventName": "Cancel", "EventData": "x" * 50_000})], "48"),
        (['{"instanceID": "o-1", "EventName": "Proceed"}', "another-id"], "name its id"),
    ],
)
def test_a_wrong_correction_leaves_the_message_where_it_is(
    arguments: list[str],
    error: str,
    run: Run,
    storage: str,
    give_up: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    give_up("Proceed o-1")
    [bad] = ids_of(run, capsys)
    assert run("replay-poison", bad, "--as", *arguments) == 2
    assert error in capsys.readouterr().err
    assert bodies(storage, POISON_QUEUE) == ["Proceed o-1"]


def test_a_bad_message_that_is_replayed_by_its_id_stays_with_the_reason(
    run: Run, storage: str, give_up: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    give_up(encoded("broken"))
    [bad] = ids_of(run, capsys)
    assert run("replay-poison", bad) == 1
    assert f"Left {bad}: The notification is not valid" in capsys.readouterr().err
    assert bodies(storage, POISON_QUEUE) == [encoded("broken")]


def test_a_message_is_deleted_and_what_it_said_is_printed(
    run: Run, storage: str, give_up: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ("first", "second", "third"):
        give_up(encoded(text))
    first, second, third = ids_of(run, capsys)
    assert run("delete-poison", third, "no-such-id", first) == 1
    printed = capsys.readouterr()
    assert printed.out == "Deleted: third\nDeleted: first\n"
    assert printed.err == "no-such-id is not, or no more, in event-queue-poison.\n"
    assert ids_of(run, capsys) == [second]


@pytest.mark.parametrize("command", ["list-poison", "replay-poison", "replay-poison x"])
def test_a_storage_that_is_away_is_one_clear_line(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = "AccountName=a;AccountKey=a2V5;QueueEndpoint=http://127.0.0.1:9/a;"
    assert events.tool.run([*command.split(), "--connection", nowhere]) == 4
    printed = capsys.readouterr().err
    assert printed.startswith("No answer from http://127.0.0.1:9/a/event-queue")
    assert printed.count("\n") == 1 and "Errno" not in printed
