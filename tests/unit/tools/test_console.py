"""Colour where a person sees it, plain text everywhere else."""

import io

import pytest

from tools.console import console, progress, styled, working
from tools.tables import table


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")


def test_a_terminal_gets_colour() -> None:
    assert styled("x", "red", Terminal()) == "\033[31mx\033[0m"


def test_a_pipe_gets_none_whatever_is_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert styled("x", "bold", io.StringIO()) == "x"


def test_no_color_takes_every_style_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert styled("x", "bold", Terminal()) == "x"
    assert "\033" not in "".join(table([["a"]], ["head"], stream=Terminal()))


def test_what_is_printed_is_not_interpreted() -> None:
    text = "[red]1.5[/red] :smile: https://x.example/" + "x" * 200
    assert styled(text, "dim", io.StringIO()) == text


def test_progress_into_a_pipe_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Starting [it]"):
        pass
    printed = capsys.readouterr().out
    assert printed.startswith("Starting [it] ... 0.") and printed.endswith(" s\n")
    assert printed.count("\n") == 1


def test_progress_that_fails_ends_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), progress("Starting"):
        raise KeyError
    assert capsys.readouterr().out == "Starting ... \n"


def test_progress_on_a_terminal_has_a_clock_and_leaves_how_long_it_took(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    with progress("Starting [it]"):
        pass
    assert "Starting [it] ... " in screen.getvalue() and "0:00:00" in screen.getvalue()
    last = screen.getvalue().splitlines()[-1]
    assert "Starting [it] ... " in last and " s" in last


def test_what_goes_on_is_shown_on_a_terminal_if_it_takes_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    with working("Asking"):
        pass
    assert screen.getvalue() == "", "it was quick"
    monkeypatch.setattr("tools.console.PATIENCE", 0.0)
    with working("Asking"):
        while "Asking ..." not in screen.getvalue():
            pass


def test_what_goes_on_is_not_shown_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with working("Asking"):
        pass
    assert capsys.readouterr() == ("", "")


def test_a_table_is_as_wide_as_what_is_in_it_and_ends_no_line_with_spaces() -> None:
    lines = table([["tea", 2], ["x" * 300, 10]], ["sku", "n"], right=[1], stream=io.StringIO())
    assert lines == [f"{'sku':300}   n", f"{'tea':300}   2", f"{'x' * 300}  10"]


def test_a_table_fits_the_terminal_and_loses_nothing() -> None:
    lines = table([["o-1", "x" * 200]], ["order", "why"], stream=Terminal())
    assert all(len(line.replace("\033[1m", "").replace("\033[0m", "")) <= 80 for line in lines)
    assert "".join(lines).count("x") == 200


def test_what_must_stay_whole_does_while_the_rest_makes_room() -> None:
    order_id, words = "a" * 32, "a sentence of several words " * 5
    lines = table([[order_id, words, "2026-11-22"]], whole=[0, 2], stream=Terminal())
    assert order_id in lines[0] and "2026-11-22" in lines[0]
    assert len(lines) > 1 and all(len(line) <= 80 for line in lines)


def test_a_table_prints_no_control_characters_of_others() -> None:
    [line] = table([["\x1b[31mred\n"]], stream=io.StringIO())
    assert line == "\N{REPLACEMENT CHARACTER}[31mred\N{REPLACEMENT CHARACTER}"


def test_an_empty_table_has_no_lines() -> None:
    assert table([]) == []


def test_a_console_interprets_no_markup() -> None:
    stream = io.StringIO()
    console(stream).print("[bold]x[/bold] 15")
    assert stream.getvalue() == "[bold]x[/bold] 15\n"
