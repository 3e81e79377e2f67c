"""Change the code line by line and tell which changes no test notices: `make mutants`.

    make mutants MODULE=ordering/payments/payments.py TESTS=tests/unit/ordering/payments

It works on a copy, so that what is tested is never what somebody works on. Exit code 1 if any
mutant has survived.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.hosts import ROOT

CONFIG = """
[cosmic-ray]
module-path = {module}
timeout = {seconds}
excluded-modules = []
test-command = {command}

[cosmic-ray.distributor]
name = "local"
"""


def copy_of_the_project(folder: Path) -> None:
    """Copy what git knows, so that a mutant meets nobody's work."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, done.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / "node_modules").symlink_to(ROOT / "node_modules")


def survivors(folder: Path, module: str, tests: str, seconds: float) -> tuple[list[str], int]:
    """Return the changes that no test notices, and how many there were in all."""
    pytest = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests.split()]
    config = folder / "mutants.toml"
    config.write_text(
        CONFIG.format(
            module=json.dumps(module), seconds=seconds, command=json.dumps(shlex.join(pytest))
        )
    )
    cosmic_ray = [sys.executable, "-m", "cosmic_ray.cli"]
    session = folder / "mutants.sqlite"
    for step in ("init", "baseline", "exec"):
        given = [config] if step == "baseline" else [config, session]
        subprocess.run([*cosmic_ray, step, *map(str, given)], cwd=folder, check=True)
    dump = subprocess.run(
        [*cosmic_ray, "dump", str(session)], cwd=folder, capture_output=True, text=True, check=True
    )
    pairs = [json.loads(line) for line in dump.stdout.splitlines()]
    alive = [
        str(result["diff"])
        for _, result in pairs
        if result is not None and result["test_outcome"] == "survived"
    ]
    return alive, len(pairs)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("module", help="a file or a folder, such as ordering/payments")
    parser.add_argument("--tests", default="tests/unit", help="for pytest; default: %(default)s")
    parser.add_argument("--seconds", type=float, default=300, help="limit of each test run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy_of_the_project(Path(folder))
        alive, of = survivors(Path(folder), options.module, options.tests, options.seconds)
    print("\n\n".join(alive))
    print(f"{len(alive)} of {of} mutants of {options.module} have survived {options.tests}.")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
