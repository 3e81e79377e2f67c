"""Send an event to a waiting order: `python -m tools.events send ORDER-ID Proceed`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from tools.console import fail, say
from tools.event_queue import QUEUE, notification, open_queue, send
from tools.processes import ToolError
from tools.settings import storage_connection

EXAMPLES = """\
examples:
  python -m tools.events send order-17 Proceed
  python -m tools.events send order-17 Proceed '{"approvedBy": "ann"}'
  python -m tools.events send order-17 Cancel '"the customer changed her mind"'
  python -m tools.events send order-17 Proceed --connection "$CONNECTION_STRING"
"""


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; answer the exit code."""
    options = build_parser().parse_args(arguments)
    try:
        text = notification(options.order_id, options.event, parse_data(options.data))
        with open_queue(options.connection or storage_connection()) as client:
            send(client, text)
    except ToolError as error:
        fail(str(error))
        return 1
    say(f"Sent to {QUEUE}: {text}")
    return 0


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.events",
        description="Events of waiting orders, over the storage queue that NotifyEvent reads.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    sender = commands.add_parser(
        "send",
        help="send an event to an order",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    sender.add_argument("order_id", metavar="ORDER-ID", help="the order's id")
    sender.add_argument("event", metavar="EVENT", help="Proceed (look again) or Cancel")
    sender.add_argument("data", nargs="?", metavar="JSON", help="the event's data; default null")
    sender.add_argument(
        "--connection",
        metavar="STRING",
        help="connection string of the app's storage account; default: AzureWebJobsStorage of the "
        "environment, else of local.settings.json",
    )
    return parser


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
