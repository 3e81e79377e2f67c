"""Hostile input at scale: `make fuzz INPUTS=100000 SEED=1`. Exit code 1 if anything is wrong."""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.fuzz.run import fuzz


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=2_000, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000), help="repeats a run")
    parser.add_argument("--senders", type=int, default=2, help="default: %(default)s")
    options = parser.parse_args()
    print(f"make fuzz INPUTS={options.inputs} SEED={options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = fuzz(Path(folder), options.inputs, options.seed, options.senders)
    print(f"{report.inputs} inputs in {report.seconds:.0f} s, seed {options.seed}")
    print("Answers: " + ", ".join(f"{n} {what}" for what, n in sorted(report.answers.items())))
    print("Orders: " + ", ".join(f"{n} {end}" for end, n in sorted(report.orders.items())))
    print(f"Largest answer: {report.largest} bytes")
    for trouble in report.troubles[:20]:
        print(f"WRONG: {trouble[:2000]}")
    print(f"{len(report.troubles)} things are wrong.")
    return 1 if report.troubles else 0


if __name__ == "__main__":
    sys.exit(main())
