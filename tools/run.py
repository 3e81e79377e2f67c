"""Run the app in the foreground: Azurite and the Functions host, until Ctrl-C."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from tools.azurite import DEFAULT_PORTS, SERVICES, Azurite, answers
from tools.cli import HostName, Tool, pipe_is_closed
from tools.console import progress, say, styled
from tools.event_queue import check
from tools.hosts import ROOT, Host, choose_host, port_is_free
from tools.processes import ToolError, WrongUsage
from tools.settings import DEVELOPMENT_STORAGE, storage_connection

# For the page's crash button. A message that a killed host was about to deliver stays invisible
# for as long as it was reserved: 30 seconds instead of the 10 minutes of Azure.
CRASH_SETTINGS = {"EMULATOR_ALLOW_CRASH": "true", "EMULATOR_QUEUE_INVISIBILITY": "00:00:30"}


@dataclass(frozen=True)
class Storage:
    """The app's storage, and its Azurite when it is ours to run."""

    connection: str
    azurite: Azurite | None = None


tool = Tool(
    "tools.run",
    "Run the app in the foreground.",
    ["make run", "make run PORT=7072 HOST=emulator", "python -m tools.run --port 7072"],
)


@tool.command()
def run_app(
    host: HostName = "auto",
    port: Annotated[
        str, typer.Option(metavar="NUMBER", envvar="PORT", help="Where the host listens.")
    ] = "7071",
    data: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER",
            envvar="DATA",
            show_default="the project's folder",
            help="Holds the state of both for the next run, in .azurite/ and .emulator/.",
        ),
    ] = ROOT,
) -> int:
    """Run Azurite and the Functions host until Ctrl-C, which is exit code 0 here.

    A host that is killed with -9, as by the crash button of the page, is started again.
    """
    try:
        run(host, port, data.absolute())
    except KeyboardInterrupt:
        say("\nStopped; the data stays for the next run.")
    except ToolError:
        if pipe_is_closed(sys.stdout):
            # What ends a host that prints into it is no fault of the host.
            raise BrokenPipeError from None
        raise
    return 0


def run(wanted: str, port_text: str, data: Path) -> NoReturn:
    """Start Azurite where it is needed, then the host; wait for ever.

    `data` is the folder that holds their state, in `.azurite/` and `.emulator/` as when they are
    started by hand. Raises ToolError when one of them does not start or ends by itself.
    """
    choice = choose_host(wanted)
    port = parse_port(port_text)
    say(f"Page:    {styled(page_url(f'http://127.0.0.1:{port}'), 'bold')} (once the host is ready)")
    say(f"Host:    {styled(choice.name, 'bold')} - {choice.reason}")
    state = data / ".emulator" / "state.db"
    state.parent.mkdir(parents=True, exist_ok=True)
    with open_storage(data / ".azurite") as storage:
        host = Host(
            choice, port=port, storage=storage.connection, state=state, settings=CRASH_SETTINGS
        )
        say(f"Starting the host on {host.base_url} ...\n")
        with host:
            serve(host, storage)


def serve(host: Host, storage: Storage) -> NoReturn:
    """Watch a host that runs, and start it again whenever it is killed with -9.

    Raises ToolError when it, or our Azurite, ends in another way.
    """
    say(styled(f"\nReady on {host.base_url} - Ctrl-C stops everything.", "green"))
    say(f"Look at the shop at work: {styled(page_url(host.base_url), 'bold')}\n")
    while True:
        while not host.wait(1):
            if pipe_is_closed(sys.stdout):
                raise BrokenPipeError
            if storage.azurite and not storage.azurite.running:
                raise ToolError(f"Azurite {storage.azurite.ending}; start again with `make run`.")
        if not host.was_killed:
            raise ToolError(f"The host {host.ending}. Its last lines above may say why.")
        say(styled(f"\nThe host {host.ending}. Starting it again ...\n", "yellow"))
        host.kill()
        host.start()
        say(styled("\nThe host is back, and its orders go on.\n", "green"))


def page_url(base_url: str) -> str:
    """Return the URL of the operator page of a host."""
    return f"{base_url}/api/page"


def parse_port(text: str) -> int:
    """Return the port; raises ToolError when it is no port or something listens on it."""
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 65536:
        raise WrongUsage(f"PORT={text} is no port. Say a number from 1 to 65535.")
    port = int(text)
    if not port_is_free(port):
        raise ToolError(
            f"Port {port} is in use. Stop what listens there; if it is no host of this app, "
            f"choose another: make run PORT={port % 65535 + 1}"
        )
    return port


@contextmanager
def open_storage(location: Path) -> Iterator[Storage]:
    """Give the app's storage; start Azurite with its data at `location` if none is there."""
    connection = storage_connection()
    if connection != DEVELOPMENT_STORAGE:
        say("Storage: the account in AzureWebJobsStorage; Azurite is not started")
        yield Storage(connection)
        return
    if all(answers(*service) for service in zip(SERVICES, DEFAULT_PORTS, strict=True)):
        say("Storage: the Azurite that already runs on ports 10000 to 10002; it will stay.")
        say(
            styled(
                f"         Its data may not be those in {location}: orders and stock of others\n"
                "         may be in it, and yours not. If that is wrong, stop it and start again.",
                "yellow",
            )
        )
        check(connection)
        yield Storage(connection)
        return
    taken = [port for port in DEFAULT_PORTS if not port_is_free(port)]
    if taken:
        raise ToolError(
            f"Port {taken[0]} is in use, but not by an Azurite with blob, queue and table. "
            "Azurite needs ports 10000 to 10002: stop what listens there."
        )
    azurite = Azurite(location=location, ports=DEFAULT_PORTS)
    try:
        with progress(f"Storage: Azurite on ports 10000 to 10002, its data in {location}"):
            azurite.start()
        yield Storage(connection, azurite)
    finally:
        azurite.stop()


if __name__ == "__main__":
    sys.exit(tool.run())
