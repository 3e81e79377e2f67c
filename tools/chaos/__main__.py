"""Break things under load in one app that runs on, and audit after each round: `make chaos`."""

from __future__ import annotations

import random
import sys
import tempfile
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from tools.chaos.campaign import run
from tools.chaos.kinds import KINDS, LEDGER, STRIPE, chosen
from tools.chaos.wish import (
    MINUTES,
    MOST_ORDERS_A_ROUND,
    PATIENCE,
    RATE,
    Wish,
    faults_a_round,
    orders_a_round,
)
from tools.cli import Tool
from tools.console import say
from tools.processes import NoAnswer, ToolError, WrongUsage


class Gateway(str, Enum):
    """The gateways of the app."""

    STRIPE = STRIPE
    LEDGER = LEDGER


tool = Tool(
    "tools.chaos",
    "Break the app under load, and check its books.",
    ["make chaos MINUTES=7 SEED=4", "make chaos FAULTS=10000 ORDERS=20000 SEED=1"],
)


@tool.command()
def chaos(
    minutes: Annotated[
        float | None,
        typer.Option(min=0.0, help=f"Stop after so long; {MINUTES:g} if nothing else is said."),
    ] = None,
    faults: Annotated[int | None, typer.Option(min=0, help="Go on until so many happened.")] = None,
    orders: Annotated[
        int | None, typer.Option(min=1, help="Go on until so many were placed.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Makes the same orders and faults again; default: random.")
    ] = None,
    only: Annotated[
        str, typer.Option(metavar="WORDS", help="Only the kinds of faults whose names hold one.")
    ] = "",
    workers: Annotated[int, typer.Option(min=1, max=10, help="Worker processes.")] = 2,
    gateway: Annotated[
        Gateway, typer.Option(help="Who takes the money: a Stripe of chaos's own, or the ledger.")
    ] = Gateway.STRIPE,
    rate: Annotated[
        float, typer.Option(help="Orders a second in rounds that do not wait for their orders.")
    ] = RATE,
    patience: Annotated[
        float, typer.Option(help="Seconds in which the books must be sound once all is at rest.")
    ] = PATIENCE,
    round_orders: Annotated[
        int | None,
        typer.Option(min=1, help=f"Orders a round; {MOST_ORDERS_A_ROUND} at most unless set."),
    ] = None,
    round_faults: Annotated[
        int | None, typer.Option(min=0, help="Faults a round; default: as are wanted in all.")
    ] = None,
    only_round: Annotated[
        int | None, typer.Option("--round", help="Run one round alone, by its number.")
    ] = None,
    table: Annotated[
        Path | None, typer.Option(help="Write the figures there as Markdown as well.")
    ] = None,
    bug: Annotated[
        Path | None, typer.Option(help="A module that spoils the app: does chaos notice?")
    ] = None,
) -> int:
    """Break things under load in one app that runs on, and audit after each round."""
    seed = random.randrange(10**6) if seed is None else seed
    if minutes is None and faults is None and orders is None and only_round is None:
        minutes = MINUTES
    round_orders = round_orders or orders_a_round(minutes, orders)
    if round_faults is None:
        round_faults = faults_a_round(round_orders, faults, orders)
    kinds = tuple(chosen(only, gateway.value))
    if not kinds:
        raise WrongUsage(f"No fault is called {only!r}. There are: {', '.join(KINDS)}.")
    wish = Wish(
        seed,
        minutes,
        faults,
        orders,
        round_orders,
        round_faults,
        only_round,
        kinds,
        workers,
        gateway.value,
        rate,
        patience,
        bug,
    )
    say(f"Seed {seed}. The same again: {wish.command(only_round)}")
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        try:
            return run(Path(folder), wish, table)
        except ToolError as error:
            raise NoAnswer(str(error)) from error


if __name__ == "__main__":
    sys.exit(tool.run())
