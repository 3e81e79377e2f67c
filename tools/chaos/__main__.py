"""Break things under load in one app that runs on, and audit after each round: `make chaos`."""

from __future__ import annotations

import random
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
from tools.console import fail, say
from tools.processes import ToolError, interruptible

NOT_RUN, INTERRUPTED = 2, 130


class Gateway(str, Enum):
    """The gateways of the app."""

    STRIPE = STRIPE
    LEDGER = LEDGER


app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(help=__doc__)
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
) -> None:
    seed = random.randrange(10**6) if seed is None else seed
    if minutes is None and faults is None and orders is None and only_round is None:
        minutes = MINUTES
    round_orders = round_orders or orders_a_round(minutes, orders)
    if round_faults is None:
        round_faults = faults_a_round(round_orders, faults, orders)
    kinds = tuple(chosen(only, gateway.value))
    if not kinds:
        fail(f"No fault is called {only!r}. There are: {', '.join(KINDS)}.")
        raise typer.Exit(NOT_RUN)
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
    with interruptible(), tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        try:
            code = run(Path(folder), wish, table)
        except ToolError as error:
            fail(str(error))
            code = NOT_RUN
        except KeyboardInterrupt:
            code = INTERRUPTED
    raise typer.Exit(code)


if __name__ == "__main__":
    app()
