"""Events of waiting orders, over the queue: `python -m tools.events send`, `list-poison`, ..."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from ordering.storage.queues import QueuedMessage
from tools import poison
from tools.cli import Connection, Tool
from tools.console import fail, printable, say, styled, working
from tools.event_queue import POISON_QUEUE, QUEUE, notification, open_queue, send
from tools.json_argument import parse_data
from tools.processes import ToolError, WrongUsage
from tools.settings import storage_account

tool = Tool(
    "tools.events",
    "Events of waiting orders, over the storage queue that NotifyEvent reads.",
    [
        "python -m tools.events send order-17 Proceed",
        'python -m tools.events send order-17 Proceed \'{"approvedBy": "ann"}\'',
        "python -m tools.events send order-17 Cancel '\"the customer changed her mind\"'",
        'python -m tools.events send order-17 Proceed --connection "$CONNECTION_STRING"',
        "python -m tools.events list-poison",
        "python -m tools.events replay-poison --all",
        "python -m tools.events replay-poison MESSAGE-ID \\\n"
        '    --as \'{"instanceID": "order-17", "EventName": "Proceed"}\'',
        "python -m tools.events delete-poison MESSAGE-ID",
    ],
)


@tool.command("send")
def send_event(
    order_id: Annotated[str, typer.Argument(metavar="ORDER-ID", help="The order's id.")],
    event: Annotated[
        str, typer.Argument(metavar="EVENT", help="Proceed (look at the stock again) or Cancel.")
    ],
    data: Annotated[
        str | None, typer.Argument(metavar="JSON", help="The event's data; default: null.")
    ] = None,
    connection: Connection = None,
) -> int:
    """Send an event to an order."""
    text = notification(order_id, event, parse_data(data))
    with working("Sending"), open_queue(storage_account(connection)) as client:
        send(client, text)
    say(f"Sent to {QUEUE}: {text}")
    return 0


@tool.command("list-poison")
def list_poison(connection: Connection = None) -> int:
    """Show the messages that were given up. It says why each was, and what can be done."""
    with working(f"Reading {POISON_QUEUE}"):
        found, total = poison.Poison(storage_account(connection)).peek()
    if not found:
        say(f"{POISON_QUEUE} is empty.")
        return 0
    for message in found:
        say(f"{styled(message.id, 'bold')}  given up {message.inserted:%Y-%m-%d %H:%M:%S} UTC")
        say(f"  {shortened(message.text)}")
        say(f"  {poison.verdict(message)}")
    shown = f"the oldest {len(found)} of about {total}" if total > len(found) else str(total)
    say(f"\n{shown} in {POISON_QUEUE}. Send again: python -m tools.events replay-poison [--all]")
    return 0


MessageIds = Annotated[
    list[str] | None,
    typer.Argument(metavar="MESSAGE-ID", help="Which, as list-poison shows them."),
]


@tool.command("replay-poison")
def replay_poison(
    message_ids: MessageIds = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All that can be delivered; the others stay.")
    ] = False,
    correction: Annotated[
        str | None,
        typer.Option("--as", metavar="JSON", help="Send this in the place of the one message."),
    ] = None,
    connection: Connection = None,
) -> int:
    """Send messages again. It takes those named, all, or else the oldest that can be delivered.

    Exit code 1 says that one that was asked for was not sent.
    """
    ids = list(dict.fromkeys(message_ids or []))
    if everything and ids:
        raise WrongUsage("Say --all or message ids, not both.")
    if correction is not None and len(ids) != 1:
        raise WrongUsage("--as corrects one message: name its id.")
    right = poison.corrected(correction) if correction is not None else None
    account = storage_account(connection)
    if ids:
        failed = poison.Poison(account)

        def put_back(message_id: str) -> None:
            message = failed.resend(message_id, right)
            say(f"Sent again: {shortened(right or message.text)}")
            if right:
                say(f"It was: {shortened(message.text)}")

        return _each(ids, put_back)

    def tell(message: QueuedMessage, sent: bool) -> None:
        if sent:
            say(f"Sent again: {shortened(message.text)}")
        else:
            fail(f"Left {message.id}: {poison.problem_of(message)}")

    with open_queue(account, POISON_QUEUE, as_it_is=True) as queue, open_queue(account) as events:
        result = poison.replay(queue, events, tell, everything=everything)
    if not result.sent:
        say("Nothing was sent again.")
    elif everything:
        say(f"{result.sent} sent again, {result.left} left.")
    return 1 if result.left and (everything or not result.sent) else 0


@tool.command("delete-poison")
def delete_poison(
    message_ids: Annotated[
        list[str], typer.Argument(metavar="MESSAGE-ID", help="Which, as list-poison shows them.")
    ],
    connection: Connection = None,
) -> int:
    """Remove messages for good, and print what they said."""
    failed = poison.Poison(storage_account(connection))

    def remove(message_id: str) -> None:
        say(f"Deleted: {shortened(failed.delete(message_id).text)}")

    return _each(list(dict.fromkeys(message_ids)), remove)


def _each(message_ids: Sequence[str], act: Callable[[str], None]) -> int:
    """Act on each message; tell what could not be done and answer the worst exit code of all."""
    code = 0
    for message_id in message_ids:
        try:
            with working(f"Looking for {message_id}"):
                act(message_id)
        except ToolError as error:
            fail(str(error))
            code = max(code, error.exit_code)
    return code


def shortened(text: str) -> str:
    """Return a message on one line of a screen, without what would move the cursor."""
    shown = printable(text)
    return shown if len(shown) <= 200 else shown[:200] + f"... ({len(text)} characters)"


if __name__ == "__main__":
    sys.exit(tool.run())
