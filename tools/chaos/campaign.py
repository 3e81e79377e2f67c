"""A run: round after round on one rig, until enough was done or something is violated."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from tools.audit.books import read_books
from tools.audit.invariants import TITLES
from tools.audit.record import Record
from tools.chaos.fates import Fates
from tools.chaos.report import first, write_report
from tools.chaos.rig import Rig
from tools.chaos.rounds import Outcome, run_round
from tools.chaos.table import Run, markdown, total
from tools.chaos.verdict import judge_all
from tools.chaos.wish import Wish
from tools.console import progress, say
from tools.processes import ToolError

HELD, VIOLATED = 0, 1


def run(folder: Path, wish: Wish, table: Path | None) -> int:
    """Run rounds until the wish is granted or something is violated; answer the exit code."""
    outcomes: list[Outcome] = []
    began = time.monotonic()
    with Rig(folder, wish.workers, wish.gateway, wish.bug) as rig:
        fates, number = Fates(), wish.only_round or 0
        placed = 0
        while not wish.is_granted(
            len(outcomes), total(rig.journal), placed, time.monotonic() - began
        ):
            plan = wish.round(number)
            loop = "open" if plan.is_open else "closed"
            with progress(f"Round {number:3}, {loop:6} loop"):
                try:
                    outcome = run_round(rig, plan, fates, wish.rate, wish.patience)
                except ToolError as error:
                    kept = keep_logs(rig, wish, number)
                    again = wish.command(number)
                    text = f"{error}\nThe host's logs: {kept}. This round again: {again}"
                    raise ToolError(text) from error
            outcomes.append(outcome)
            placed += len(outcome.placed.orders)
            say(
                f"    {len(outcome.placed.orders)} orders in {outcome.load_seconds:.0f} s, at rest "
                f"{outcome.rest_seconds:.0f} s later; so far {placed:,} orders, "
                f"{total(rig.journal):,} faults"
            )
            if outcome.violations:
                tell(rig, outcome, wish)
                break
            number += 1
        else:
            check_all(rig, outcomes, wish)
        seconds = time.monotonic() - began
        figures = Run(
            wish.command(wish.only_round),
            wish.workers,
            seconds,
            rig.messages.sent,
            rig.messages.replayed,
        )
        text = markdown(figures, outcomes, rig.journal)
    say()
    say(text)
    if table is not None:
        table.write_text(text, encoding="utf-8")
    return VIOLATED if any(outcome.violations for outcome in outcomes) else HELD


def check_all(rig: Rig, outcomes: list[Outcome], wish: Wish) -> None:
    """Audit the books of all rounds at once; what is wrong goes to the last outcome."""
    purged = {order for each in outcomes for order in each.placed.those("purge")}
    books = read_books(rig.connection, rig.base_url)
    found = judge_all(books, Record(purged=purged), rig.intents)
    if outcomes and found:
        outcomes[-1].violations = found
        tell(rig, outcomes[-1], wish)


def tell(rig: Rig, outcome: Outcome, wish: Wish) -> None:
    """Print what was violated, and keep the report and the host's logs."""
    kept = keep_logs(rig, wish, outcome.plan.number)
    write_report(kept / "report.md", rig, outcome, wish.command(outcome.plan.number))
    for number, text in first(outcome.violations):
        say(f"VIOLATED {number}. {TITLES[number]}\n           {text}")
    say(f"The orders concerned, with rows, histories and faults: {kept / 'report.md'}")
    say(f"This round again: {wish.command(outcome.plan.number)}")


def keep_logs(rig: Rig, wish: Wish, number: int) -> Path:
    """Copy the host's logs, and the faults as they happened, to a new folder; return it."""
    kept = Path(tempfile.mkdtemp(prefix=f"chaos-{wish.seed}-{number}-"))
    for log in rig.logs:
        if log.exists():
            shutil.copy(log, kept)
    (kept / "faults.txt").write_text(rig.journal.text(), encoding="utf-8")
    return kept
