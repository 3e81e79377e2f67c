"""Change the code thing by thing and tell which changes no test notices: `make mutants`.

    make mutants MODULE=ordering/payments/payments.py TESTS=tests/unit/ordering/payments

It works on a copy, so that what is tested is never what somebody works on. With THEN, tests that
take longer are asked about what the first ones did not notice. Exit code 1 if any change was not
noticed, 2 if the tests fail without one.
"""

from __future__ import annotations

import argparse
import difflib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutants.changes import changes
from tests.mutants.trying import NotGreen, Tests
from tools.hosts import ROOT


def copy_of_the_project(folder: Path) -> None:
    """Copy what git knows, so that a change meets nobody's work."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, done.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / "node_modules").symlink_to(ROOT / "node_modules")


def unnoticed(path: Path, name: str, tests: list[Tests], limit: float) -> tuple[int, int]:
    """Try each change of a module; print those that no test notices, and count them and all."""
    text = path.read_text()
    tried, alive = changes(text), 0

    def noticed(changed: str) -> bool:
        path.write_text(changed)
        return any(each.notice(most) for each, most in zip(tests, limits, strict=True))

    limits = [min(limit, 10 + 5 * each.seconds(limit)) for each in tests]
    if tried and not noticed("raise AssertionError('changed')"):
        path.write_text(text)
        print(f"{name} is not even imported by these tests.", flush=True)
        return len(tried), len(tried)
    for changed in tried:
        if not noticed(changed):
            alive += 1
            lines = (text.splitlines(True), changed.splitlines(True))
            print("".join(difflib.unified_diff(*lines, name, name, n=0)), flush=True)
    path.write_text(text)
    return alive, len(tried)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("module", help="a file or a folder, such as ordering/payments")
    parser.add_argument("--tests", default="tests/unit", help="for pytest; default: %(default)s")
    parser.add_argument("--then", default="", help="slower tests, for what those do not notice")
    parser.add_argument("--seconds", type=float, default=300, help="limit of each test run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        copy_of_the_project(folder)
        given = [text.split() for text in (options.tests, options.then) if text.strip()]
        tests = [Tests(folder, each) for each in given]
        chosen = folder / options.module
        paths = sorted(chosen.rglob("*.py")) if chosen.is_dir() else [chosen]
        found = 0
        for path in paths:
            name = str(path.relative_to(folder))
            try:
                alive, of = unnoticed(path, name, tests, options.seconds)
            except NotGreen as error:
                print(f"Without any change the tests fail:\n{error}", file=sys.stderr)
                return 2
            told = " ".join([options.tests, options.then]).strip()
            print(f"{alive} of {of} changes of {name} were not noticed by {told}.", flush=True)
            found += alive
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
