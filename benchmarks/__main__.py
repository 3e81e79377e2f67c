"""`make bench`: what an order costs, how close that is to the limit, and how it grows."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from tools.console import fail, say
from tools.hosts import ROOT
from tools.processes import ToolError, interruptible

PARTS = {
    "orders": "Orders on Azurite",
    "engine": "The engine beside its peers",
    "growth": "How cost grows",
    "beside": "The same order on DBOS with Postgres",
    "against": "The app beside that of an earlier commit",
}
# What is measured unless the command line says otherwise.
USUAL = ("orders", "engine", "growth", "beside")
PACKAGES = ("durabletask", "dbos", "fastapi", "matplotlib", "psutil", "psycopg", "uvicorn")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables, write the JSON file and the plot."""
    options = _options(arguments)
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        fail(f"{', '.join(missing)} missing. Run: make bench (it installs them)")
        return 1
    for path in (options.output, options.plot):
        try:
            path.touch()
        except OSError as error:
            fail(f"{path} cannot be written: {error.strerror}. Name another: --output, --plot")
            return 1
    parts = _parts(options)
    results: dict[str, Any] = {"machine": describe()}
    try:
        with interruptible():
            for part in parts:
                say(f"{PARTS[part]} ...")
                more = {"commit": options.against} if part == "against" else {}
                results[part] = _module(part, "measure").measure(options.quick, say, **more)
    except ToolError as error:
        fail(str(error))
        return 1
    except KeyboardInterrupt:
        fail("Stopped; nothing was written, and nothing is left running.")
        return 130
    say()
    for part in parts:
        for line in _module(part, "report").table(results[part]):
            say(line)
    say(f"On {results['machine']['summary']}.")
    options.output.write_text(json.dumps(results, indent=2) + "\n")
    _draw(parts, results, options.plot)
    say(f"All figures are in {options.output.name}, the curves in {options.plot.name}.")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, some two minutes")
    parser.add_argument("--only", action="append", choices=USUAL, help="one part (repeatable)")
    parser.add_argument(
        "--against",
        metavar="COMMIT",
        help="compare the app with that of a commit, such as 898c4a3; only that, unless --only "
        "names other parts",
    )
    parser.add_argument("--output", type=Path, default=ROOT / "bench.json", help="JSON file")
    parser.add_argument("--plot", type=Path, default=ROOT / "bench.png", help="PNG file")
    return parser.parse_args(arguments)


def _parts(options: argparse.Namespace) -> list[str]:
    wanted = options.only or ([] if options.against else USUAL)
    return [*dict.fromkeys(wanted), *(["against"] if options.against else [])]


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
    sys.exit(main())
