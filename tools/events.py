"""Events of waiting orders: `python -m tools.events send|list-poison|replay-poison`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from tools import poison
from tools.console import fail, say, styled
from tools.event_queue import POISON_QUEUE, QUEUE, notification, open_queue, send
from tools.processes import ToolError
from tools.settings import storage_account

EXAMPLES = """\
examples:
  python -m tools.events send order-17 Proceed
  python -m tools.events send order-17 Proceed '{"approvedBy": "ann"}'
  python -m tools.events send order-17 Cancel '"the customer changed her mind"'
  python -m tools.events send order-17 Proceed --connection "$CONNECTION_STRING"
  python -m tools.events list-poison
  python -m tools.events replay-poison
  python -m tools.events replay-poison --all
"""


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; answer the exit code."""
    options = build_parser().parse_args(arguments)
    try:
        done: int = options.run(options)
    except ToolError as error:
        fail(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return done


def send_event(options: argparse.Namespace) -> int:
    """Send one event to one order."""
    text = notification(options.order_id, options.event, parse_data(options.data))
    with open_queue(storage_account(options.connection)) as client:
        send(client, text)
    say(f"Sent to {QUEUE}: {text}")
    return 0


def list_poison(options: argparse.Namespace) -> int:
    """Show what could not be delivered, and why if the message itself tells."""
    account = storage_account(options.connection)
    with open_queue(account, POISON_QUEUE, as_it_is=True) as queue:
        found, total = poison.peek(queue)
    if not found:
        say(f"{POISON_QUEUE} is empty.")
        return 0
    for message in found:
        say(f"{styled(message.id, 'bold')}  given up {message.inserted:%Y-%m-%d %H:%M:%S} UTC")
        say(f"  {shortened(message.text)}")
        say(f"  {message.problem or 'It can be delivered: its order was missing or in trouble.'}")
    shown = f"the oldest {len(found)} of about {total}" if total > len(found) else str(total)
    say(f"\n{shown} in {POISON_QUEUE}. Send again: python -m tools.events replay-poison [--all]")
    return 0


def replay_poison(options: argparse.Namespace) -> int:
    """Send messages again; answers 1 when one that was asked for was not sent."""
    if options.all and options.message_ids:
        raise ToolError("Say --all or message ids, not both.")
    account = storage_account(options.connection)

    def tell(message: poison.PoisonMessage, sent: bool) -> None:
        if sent:
            say(f"Sent again: {shortened(message.text)}")
        else:
            fail(f"Left {message.id}: {message.problem}")

    with (
        open_queue(account, POISON_QUEUE, as_it_is=True) as queue,
        open_queue(account) as events,
    ):
        result = poison.replay(queue, events, tell, ids=options.message_ids, everything=options.all)
    missing = len(set(options.message_ids)) - result.sent - result.left
    if missing > 0:
        fail(f"{missing} of the message ids are not in {POISON_QUEUE}.")
    if not result.sent:
        say("Nothing was sent again.")
    elif options.all:
        say(f"{result.sent} sent again, {result.left} left.")
    asked_for = options.all or options.message_ids or not result.sent
    return 1 if missing > 0 or (asked_for and result.left) else 0


def shortened(text: str) -> str:
    """Return a message on one line of a screen, without what would move the cursor."""
    shown = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
    return shown if len(shown) <= 200 else shown[:200] + f"... ({len(text)} characters)"


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.events",
        description="Events of waiting orders, over the storage queue that NotifyEvent reads.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    sender = _command(commands, "send", send_event, "send an event to an order")
    sender.add_argument("order_id", metavar="ORDER-ID", help="the order's id")
    sender.add_argument("event", metavar="EVENT", help="Proceed (look again) or Cancel")
    sender.add_argument("data", nargs="?", metavar="JSON", help="the event's data; default null")
    _command(commands, "list-poison", list_poison, "show the messages that were given up")
    replayer = _command(commands, "replay-poison", replay_poison, "send them again")
    replayer.add_argument(
        "message_ids",
        nargs="*",
        metavar="MESSAGE-ID",
        help="which, as list-poison shows them; default: the oldest that can be delivered",
    )
    replayer.add_argument("--all", action="store_true", help="all that can be delivered")
    return parser


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], purpose: str
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=purpose,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--connection",
        metavar="STRING",
        help="connection string of the app's storage account; default: AzureWebJobsStorage, or "
        "AzureWebJobsStorage__accountName and its like, of the environment, else of "
        "local.settings.json",
    )
    command.set_defaults(run=run)
    return command


def parse_data(text: str | None) -> Any:
    """Return the event's data; raises ToolError when the text is not JSON."""
    if text is None:
        return None

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    try:
        return json.loads(text, parse_constant=refuse)
    except ValueError as error:
        raise ToolError(
            f"{text!r} is not JSON ({error}). Quote it for the shell, and a text twice: '\"so\"'"
        ) from error


if __name__ == "__main__":
    sys.exit(main())
