"""Check the invariants of a running app: `make audit`."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

import typer

from tools.audit.books import Books, read_books
from tools.audit.invariants import TITLES, Violation, check
from tools.cli import Connection, Tool
from tools.console import say, styled, working
from tools.processes import NoAnswer, ToolError
from tools.settings import storage_account

SHOWN = 20
READINGS = 3
PAUSE = 2.0
# What the sweep takes to give up an order that the host does not know any more.
GRACE_SECONDS = 600


tool = Tool(
    "tools.audit",
    "Check the books of a running app.",
    [
        "make audit",
        'python -m tools.audit --base-url https://my-shop.azurewebsites.net --code "$SYSTEM_KEY"',
    ],
)


@tool.command()
def audit(
    base_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="BASE_URL",
            help="Where the app answers; default: this machine at PORT, else at 7071.",
        ),
    ] = None,
    connection: Connection = None,
    code: Annotated[
        str,
        typer.Option(
            metavar="KEY",
            envvar="DURABLE_TASK_KEY",
            help="System key of the durable task extension; needed in Azure only.",
        ),
    ] = "",
    grace: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            help="What is younger may still be under way, free stock after five minutes at the "
            "latest.",
        ),
    ] = GRACE_SECONDS,
) -> int:
    """Check the books of a running app: nothing lost, charged twice, leaked or idle. Reads only.

    Exit code 1 says that an invariant is violated, 4 that they could not be checked.
    """
    where = base_url or f"http://127.0.0.1:{os.environ.get('PORT') or 7071}"
    try:
        account = storage_account(connection)
        with working("Reading the books"):
            books, violations = lasting(
                lambda: read_books(account, where, code), timedelta(seconds=grace)
            )
    except ToolError as error:
        raise NoAnswer(str(error)) from error
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


if __name__ == "__main__":
    sys.exit(tool.run())
