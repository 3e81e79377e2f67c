"""Check the invariants of a running app: `make audit`.

Exit codes: 0 all hold, 1 one is violated, 2 they could not be checked.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from tools.audit.books import Books, read_books
from tools.audit.invariants import TITLES, Violation, check
from tools.console import fail, say, styled
from tools.processes import ToolError
from tools.settings import storage_account

SHOWN = 20
READINGS = 3
PAUSE = 2.0
# What the sweep takes to give up an order that the host does not know any more.
GRACE_SECONDS = 600


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; answer the exit code."""
    options = build_parser().parse_args(arguments)
    try:
        account = storage_account(options.connection)
        books, violations = lasting(
            lambda: read_books(account, options.base_url, options.code),
            timedelta(seconds=options.grace),
        )
    except ToolError as error:
        fail(str(error))
        return 2
    say(summary(books))
    report(violations)
    return 1 if violations else 0


def lasting(read: Callable[[], Books], grace: timedelta) -> tuple[Books, list[Violation]]:
    """Return the books and what violates the invariants at every one of some readings.

    A running app is no snapshot: an order that moves while the tables are read looks wrong once.
    """
    books = read()
    violations = check(books, grace=grace)
    for _ in range(READINGS - 1):
        if not violations:
            break
        time.sleep(PAUSE)
        books = read()
        again = set(check(books, grace=grace))
        violations = [violation for violation in violations if violation in again]
    return books, violations


def summary(books: Books) -> str:
    """Return in one line what was looked at."""
    ends = Counter(order.end for order in books.orders.values())
    orders = ", ".join(f"{count} {stage}" for stage, count in sorted(ends.items())) or "none"
    queue = books.queue
    return (
        f"Orders: {orders}. SKUs: {len(books.stock)}. "
        f"Messages: {queue.messages} on the queue, {queue.poison} poison."
    )


def report(violations: list[Violation]) -> None:
    """Print each invariant and what violates it."""
    for number, title in TITLES.items():
        texts = [violation.text for violation in violations if violation.invariant == number]
        mark = styled("VIOLATED", "red") if texts else styled("holds   ", "green")
        say(f"{mark} {number}. {title}")
        for text in texts[:SHOWN]:
            say(f"           {text}")
        if len(texts) > SHOWN:
            say(f"           and {len(texts) - SHOWN} more")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.audit",
        description="Check the books of a running app: nothing lost, nothing charged twice, no "
        "stock leaked or idle. Reads only. Exit codes: 0 all invariants hold, 1 one is violated, "
        "2 they could not be checked.",
    )
    port = os.environ.get("PORT") or "7071"
    parser.add_argument(
        "--base-url",
        metavar="URL",
        default=os.environ.get("BASE_URL") or f"http://127.0.0.1:{port}",
        help="where the app answers; default: BASE_URL of the environment, else localhost at PORT",
    )
    parser.add_argument(
        "--connection",
        metavar="STRING",
        help="connection string of the app's storage account; default: AzureWebJobsStorage, or "
        "AzureWebJobsStorage__accountName and its like, of the environment, else of "
        "local.settings.json",
    )
    parser.add_argument(
        "--code",
        metavar="KEY",
        default=os.environ.get("DURABLE_TASK_KEY", ""),
        help="system key of the durable task extension; needed in Azure only; default: "
        "DURABLE_TASK_KEY of the environment",
    )
    parser.add_argument(
        "--grace",
        metavar="SECONDS",
        type=float,
        default=GRACE_SECONDS,
        help="what is younger may still be under way, free stock after five minutes at the latest; "
        "default: %(default)s",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
