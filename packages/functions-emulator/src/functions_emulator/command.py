"""`functions-emulator start`: run a Python function app on this machine."""

import argparse
import asyncio
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import NoReturn

from functions_emulator.app.local_host import local_host
from functions_emulator.app.settings import HostSettings
from functions_emulator.console import apply_log_levels, print_error, start_logging
from functions_emulator.errors import AppError
from functions_emulator.garbage import collect_less
from functions_emulator.host import Host
from functions_emulator.prepared import Options

# SIGBREAK is Ctrl-Break, on Windows only.
_STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")


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
    start.add_argument(
        "--no-reload",
        dest="reload",
        action="store_false",
        help="do not load the app anew when its files change; end if it cannot be loaded",
    )
    given = parser.parse_args(arguments)
    if given.port is not None and not 0 <= given.port <= 65535:
        parser.error(f"--port {given.port}: must be from 0 to 65535")
    root = given.app_root.resolve()
    state = given.state.resolve() if given.state is not None else None
    local = local_host(root)
    port = local.port if given.port is None else given.port
    address = given.address or local.address
    return Options(root, port, address, state, given.reload, given.strict)


async def serve(options: Options, handler: logging.Handler) -> None:
    """Run the app until SIGINT or SIGTERM; a second one ends the process at once."""
    stop = asyncio.Event()
    _on_stop_signals(asyncio.get_running_loop(), stop)

    def on_settings(settings: HostSettings) -> None:
        apply_log_levels(handler, settings.log_levels)

    host = Host(options, on_settings)
    await host.start()
    collect_less()
    running = asyncio.ensure_future(host.run())
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
            await stopping
        logging.getLogger("functions_emulator.host").info("Stopping: finishing what is in flight.")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await host.stop()


def _on_stop_signals(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    asked = False

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            os._exit(130)
        asked = True
        loop.call_soon_threadsafe(stop.set)

    for name in _STOP_SIGNALS:
        number = getattr(signal, name, None)
        if number is not None:  # Not every platform has them all, and none has a loop's handlers.
            signal.signal(number, on_signal)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return the process's exit code."""
    handler = start_logging()
    try:
        options = parse_options(arguments)
        asyncio.run(serve(options, handler))
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
