"""The command line of every tool: one library, one way to end, one list of exit codes."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import wraps
from typing import Annotated, Any, TypeVar

import typer

from tools.console import fail
from tools.processes import Interrupted, NoAnswer, ToolError, interruptible

Command = TypeVar("Command", bound=Callable[..., int])

CLOSED_PIPE = 141
EXIT_CODES = """\
Exit codes:
    0  done
    1  it failed or was refused, or an invariant is violated
    2  wrong usage; nothing was done
    3  the order ended without an invoice
    4  the app or its storage does not answer
  130  Ctrl-C (129 and 143: the signals HUP and TERM)
  141  whoever read the output has stopped"""

Connection = Annotated[
    str | None,
    typer.Option(
        "--connection",
        metavar="STRING",
        help="Connection string of the app's storage account; default: AzureWebJobsStorage, or "
        "AzureWebJobsStorage__accountName and its like, of the environment, else of "
        "local.settings.json.",
    ),
]
HostName = Annotated[
    str,
    typer.Option(
        "--host",
        envvar="HOST",
        metavar="NAME",
        help="auto, func or emulator: which host runs the app.",
    ),
]


class Tool:
    """A command line, with several commands or one, whose help ends with examples and exit codes.

    A command returns its exit code. ToolError, a signal and a closed pipe end it quietly.
    """

    def __init__(self, module: str, purpose: str, examples: Sequence[str] = ()) -> None:
        self.module = module
        self._all_examples = examples
        self.app = self._group(purpose, self._epilog())

    def command(self, name: str | None = None) -> Callable[[Command], Command]:
        """Make a command of a function; its parameters are the options, its docstring the help."""
        return self._adder(self.app, name or "")

    def group(self, name: str, purpose: str) -> Callable[[str], Callable[[Command], Command]]:
        """Make commands of a command; answers what `command` is for them."""
        group = self._group(purpose, self._epilog(name))
        self.app.add_typer(group, name=name)
        return lambda inner: self._adder(group, inner, name)

    def run(self, arguments: Sequence[str] | None = None) -> int:
        """Do what the command line says; answer the exit code."""
        given = sys.argv[1:] if arguments is None else list(arguments)
        code = 0
        try:
            with interruptible():
                try:
                    self.app(given, prog_name=f"python -m {self.module}")
                except SystemExit as end:
                    code = end.code if isinstance(end.code, int) else 1
                sys.stdout.flush()
        except KeyboardInterrupt as stopped:
            code = _code_of(stopped)
        except BrokenPipeError:
            code = CLOSED_PIPE
        # 1 is what typer makes of a help text that nobody wants to read.
        return CLOSED_PIPE if _let_go_of_closed_pipes() and code == 1 else code

    def _epilog(self, command: str = "") -> str:
        """Return the end of a help text: the examples of a command, if there are, and the codes."""
        start = f"python -m {self.module} {command}".rstrip()
        own = [each for each in self._all_examples if f"{each} ".startswith(f"{start} ")]
        return _unwrapped(_examples(own or self._all_examples), EXIT_CODES)

    def _group(self, purpose: str, epilog: str) -> typer.Typer:
        return typer.Typer(
            help=purpose,
            epilog=epilog,
            add_completion=False,
            rich_markup_mode=None,
            pretty_exceptions_enable=False,
            context_settings={"help_option_names": ["-h", "--help"]},
        )

    def _adder(self, app: typer.Typer, name: str, group: str = "") -> Callable[[Command], Command]:
        def add(function: Command) -> Command:
            epilog = self._epilog(f"{group} {name or function.__name__}".strip())
            app.command(name or None, epilog=epilog)(_ending(function))
            return function

        return add


def _ending(function: Callable[..., int]) -> Callable[..., None]:
    """Return the function with its exit code, and what it raises, as typer takes them."""

    @wraps(function)
    def run(*arguments: Any, **options: Any) -> None:
        try:
            code = function(*arguments, **options)
            sys.stdout.flush()
        except ToolError as error:
            with suppress(BrokenPipeError):
                fail(str(error))
            code = error.exit_code
        except KeyboardInterrupt as stopped:
            code = _code_of(stopped)
        except BrokenPipeError:
            code = CLOSED_PIPE
            if not pipe_is_closed(sys.stdout) and not pipe_is_closed(sys.stderr):
                fail("A connection was closed by the other side. Is it still running? Try again.")
                code = NoAnswer.exit_code
        raise typer.Exit(code)

    return run


def _code_of(stopped: KeyboardInterrupt) -> int:
    return stopped.exit_code if isinstance(stopped, Interrupted) else 130


def pipe_is_closed(stream: Any) -> bool:
    """Tell whether a stream is a pipe that nobody reads any more."""
    try:
        descriptor = stream.fileno()
    except (AttributeError, OSError, ValueError):
        return False
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def _let_go_of_closed_pipes() -> bool:
    """Tell whether an output is a closed pipe; keep Python from writing into it at its end."""
    closed = [stream for stream in (sys.stdout, sys.stderr) if pipe_is_closed(stream)]
    for stream in closed:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    return bool(closed)


def _examples(examples: Sequence[str]) -> str:
    lines = [line for example in examples for line in example.splitlines()]
    return "\n".join(["Examples:", *(f"  {line}" for line in lines)]) if lines else ""


def _unwrapped(*paragraphs: str) -> str:
    """Return paragraphs that the library prints as they are: a backspace asks for that."""
    return "\n\n".join(f"\b\n{text}" for text in paragraphs if text)
