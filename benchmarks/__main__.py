"""`make bench`: what an order costs, how close that is to the limit, and how it grows."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from tools.cli import Tool
from tools.console import fail, progress, say
from tools.hosts import ROOT
from tools.processes import ToolError, WrongUsage

PARTS = {
    "orders": "Orders on Azurite",
    "engine": "The engine beside its peers",
    "growth": "How cost grows",
    "beside": "The same order on DBOS with Postgres",
    "against": "The app beside that of an earlier commit",
}
PACKAGES = ("durabletask", "dbos", "fastapi", "matplotlib", "psutil", "psycopg", "uvicorn")


tool = Tool(
    "benchmarks",
    "Measure the app and the emulator.",
    ["make bench", "make bench QUICK=1", 'make bench BENCH="--against 898c4a3"'],
)


class Part(str, Enum):
    """What can be measured alone."""

    ORDERS = "orders"
    ENGINE = "engine"
    GROWTH = "growth"
    BESIDE = "beside"


@tool.command()
def bench(
    quick: Annotated[
        bool, typer.Option("--quick", help="One short round, some two minutes.")
    ] = False,
    only: Annotated[list[Part] | None, typer.Option(help="One part; more by repeating.")] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="COMMIT",
            help="Compare the app with that of a commit, such as 898c4a3; only that, unless "
            "--only names other parts.",
        ),
    ] = None,
    output: Annotated[Path, typer.Option(metavar="FILE", help="JSON.")] = ROOT / "bench.json",
    plot: Annotated[Path, typer.Option(metavar="FILE", help="PNG.")] = ROOT / "bench.png",
) -> int:
    """Measure what an order costs, how close that is to the limit, and how it grows.

    All parts, unless --only or --against says otherwise. Prints the tables, and writes
    all figures and a plot at the end.
    """
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ToolError(f"{', '.join(missing)} missing. Run: make bench (it installs them)")
    for option, path in (("--output", output), ("--plot", plot)):
        check_writable(option, path)
    wanted = _parts([part.value for part in only or []], against)
    results: dict[str, Any] = {"machine": describe()}
    try:
        for part in wanted:
            say(f"{PARTS[part]} ...")
            more = {"commit": against} if part == "against" else {}
            results[part] = _module(part, "measure").measure(quick, say, **more)
    except KeyboardInterrupt:
        fail("\nStopped; nothing was written, and nothing is left running.")
        raise
    say()
    for part in wanted:
        for line in _module(part, "report").table(results[part]):
            say(line)
    say(f"On {results['machine']['summary']}.")
    output.write_text(json.dumps(results, indent=2) + "\n")
    with progress("Drawing the curves"):
        _draw(wanted, results, plot)
    say(f"All figures are in {output.name}, the curves in {plot.name}.")
    return 0


def describe() -> dict[str, Any]:
    """Return what this machine is."""
    # Only now, as below: it needs a package that may be missing.
    described: dict[str, Any] = importlib.import_module("benchmarks.machine").describe()
    return described


def check_writable(option: str, path: Path) -> None:
    """Raise WrongUsage if a file cannot be written, before minutes were spent; leave no trace."""
    new = not path.exists()
    try:
        path.open("ab").close()
    except OSError as error:
        why = error.strerror
        raise WrongUsage(f"{path} cannot be written: {why}. Name another: {option}") from error
    if new:
        path.unlink()


def _parts(only: Sequence[str], against: str | None) -> list[str]:
    wanted = only or ([] if against else [part.value for part in Part])
    return [*dict.fromkeys(wanted), *(["against"] if against else [])]


def _module(part: str, name: str) -> Any:
    # Only now: they need packages that may be missing.
    return importlib.import_module(f"benchmarks.{part}.{name}")


def _draw(parts: Sequence[str], results: dict[str, Any], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        1, len(parts), figsize=(6 * len(parts), 5), layout="constrained", squeeze=False
    )
    for part, each in zip(parts, axes[0], strict=True):
        _module(part, "plot").draw(each, results[part])
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    sys.exit(tool.run())
