"""A Postgres of our own: that of the package pgserver, else the machine's."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from tools.hosts import free_port
from tools.processes import ProcessGroup, ToolError, wait_until

START_SECONDS = 60.0
# Postgres refuses to run as root.
NOBODY = "nobody"
# Like SQLite in the emulator: what was acknowledged survives the end of any process, and not
# always that of the machine.
SETTINGS = {
    "synchronous_commit": "off",
    "shared_buffers": "256MB",
    "max_connections": "200",
    "max_wal_size": "2GB",
}


@dataclass(frozen=True)
class Postgres:
    """A running Postgres: its URL for psycopg, and its version."""

    url: str
    version: str


@contextmanager
def running() -> Iterator[Postgres]:
    """Start a Postgres in a temporary folder; leave nothing behind. Raises ToolError."""
    programs = _programs()
    with TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as name:
        folder, user = Path(name), _user()
        if user:
            shutil.chown(folder, user)
        data, port = folder / "data", free_port()
        initdb = [str(programs / "initdb"), "--pgdata", str(data), "--username", "postgres"]
        _run(_as(user, [*initdb, "--auth", "trust", "--encoding", "UTF8", "--no-sync"]))
        options = [f"--{key}={value}" for key, value in SETTINGS.items()]
        listening = ["-h", "127.0.0.1", "-p", str(port), "-k", str(folder)]
        group = ProcessGroup(
            _as(user, [str(programs / "postgres"), "-D", str(data), *listening, *options]),
            environment=os.environ,
            directory=folder,
            output=folder / "postgres.log",
        )
        try:
            url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
            if not wait_until(lambda: group.exit_code is not None or _answers(url), START_SECONDS):
                raise ToolError(f"Postgres did not start within {START_SECONDS:.0f} s.")
            if group.exit_code is not None:
                raise ToolError(f"Postgres stopped at once. It printed:\n{group.text()[-2000:]}")
            yield Postgres(url, _version(url))
        finally:
            group.stop()


def _programs() -> Path:
    found = importlib.util.find_spec("pgserver")
    if found is not None and found.submodule_search_locations:
        return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"
    pg_config = shutil.which("pg_config")
    if pg_config:
        folder = Path(_run([pg_config, "--bindir"]).strip())
        if (folder / "initdb").exists():
            return folder
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not installed:
        raise ToolError(
            "No Postgres was found: pgserver has none for this Python. Install one (Debian, "
            "Ubuntu: apt-get install postgresql), or leave this part out: --only orders."
        )
    return installed[-1].parent


def _user() -> str | None:
    return NOBODY if os.geteuid() == 0 else None


def _as(user: str | None, command: list[str]) -> list[str]:
    if user is None:
        return command
    group = pwd.getpwnam(user).pw_gid
    return ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", *command]


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd="/")
    except OSError as error:
        raise ToolError(f"{command[0]} cannot be run: {error.strerror}") from None
    if done.returncode:
        raise ToolError(f"`{' '.join(command)}` failed:\n{done.stderr.strip()[-2000:]}")
    return done.stdout


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _version(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    assert row is not None
    return str(row[0]).split()[0]
