"""`functions-emulator start`: run a Python function app on this machine."""

import argparse
import asyncio
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import NoReturn

from functions_emulator.app.local_host import local_host
from functions_emulator.banner import function_list
from functions_emulator.console import apply_log_levels, print_error, start_logging
from functions_emulator.errors import AppError
from functions_emulator.host import Host
from functions_emulator.prepared import Options, PreparedApp, prepare

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def parse_options(arguments: list[str] | None = None) -> Options:
    """Read the command line, and local.settings.json for port and address that it does not give."""
    parser = argparse.ArgumentParser(
        prog="functions-emulator",
        description="Run an Azure Functions app written in Python on this machine.",
        epilog="example: functions-emulator start --port 7072 --app-root ../my-app",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="start")
    start = commands.add_parser("start", help="load the app and run it until Ctrl-C")
    start.add_argument(
        "--port", type=int, help="of the app's URLs (default 7071); 0 for a free one"
    )
    start.add_argument("--address", help="to listen on (default 127.0.0.1)")
    start.add_argument("--app-root", type=Path, default=Path(), help="folder of function_app.py")
    start.add_argument(
        "--state", type=Path, help="file of orchestrations (default .emulator/state.db of the app)"
    )
    start.add_argument(
        "--strict", action="store_true", help="refuse an app with a function that cannot run here"
    )
    given = parser.parse_args(arguments)
    if given.port is not None and not 0 <= given.port <= 65535:
        parser.error(f"--port {given.port}: must be from 0 to 65535")
    root = given.app_root.resolve()
    state = given.state.resolve() if given.state is not None else None
    local = local_host(root)
    port = local.port if given.port is None else given.port
    return Options(root, port, given.address or local.address, state, given.strict)


def announce(app: PreparedApp) -> None:
    """Say what of the app does not run here, and what it asks for in vain."""
    log = logging.getLogger("functions_emulator.host")
    for line in app.warnings:
        log.warning("%s", line)
    for line in app.notices:
        log.info("%s", line)


async def serve(app: PreparedApp, options: Options) -> None:
    """Run the app until SIGINT or SIGTERM; a second one ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        if stop.is_set():
            os._exit(130)
        stop.set()

    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, on_signal)
    host = Host(app, options)
    await host.start()
    print(function_list(app.functions, host.url_of), flush=True)
    for name in app.disabled:
        print(f"Function {name} is disabled.", flush=True)
    announce(app)
    host.start_triggers()
    logging.getLogger("functions_emulator.host").info(
        "Host started on %s. Ctrl-C ends it, a second Ctrl-C at once.", host.base_url
    )
    await stop.wait()
    logging.getLogger("functions_emulator.host").info("Stopping: finishing what is in flight.")
    await host.stop()


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return the process's exit code."""
    handler = start_logging()
    try:
        options = parse_options(arguments)
        app = prepare(options)
        apply_log_levels(handler, app.settings.log_levels)
        asyncio.run(serve(app, options))
    except AppError as error:
        print_error(str(error), error.details)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def run() -> NoReturn:
    """Run the command and end the process."""
    code = main()
    sys.stdout.flush()
    others = [thread for thread in threading.enumerate() if not thread.daemon]
    if len(others) > 1:
        os._exit(code)  # A function still runs in a thread; Python would wait for it.
    sys.exit(code)
