"""The blocks of README and docs: commands, as a reader would copy them, and what they print.

A block ```sh is run by tests/e2e/test_documents.py, unless a line `<!-- not run: why -->` stands
above it. A block without a language that follows at once shows lines that it prints; `...` within a
line stands for text left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tools.hosts import ROOT

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "packages/functions-emulator/README.md",
]
_FENCE = re.compile(r"^```([\w-]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NOT_RUN = re.compile(r"<!-- not run: (.+) -->\n$")
# What two runs never have in common.
_VARIES = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+(Z| UTC)?|\b\d+(\.\d+)? s\b")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, text and line, and why its commands are not run."""

    page: Path
    line: int
    language: str
    text: str
    not_run: str = ""
    follows: bool = False

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A block of commands, and what it prints if the page shows it."""

    block: Block
    shown: str = ""


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    text, end = page.read_text(encoding="utf-8"), -1
    for match in _FENCE.finditer(text):
        before = text[: match.start()]
        reason = _NOT_RUN.search(before)
        follows = match.start() == end + 1
        line = before.count("\n") + 1
        yield Block(page, line, match[1], match[2], reason[1] if reason else "", follows)
        end = match.end()


def commands(page: Path) -> Iterator[Command]:
    """Yield the commands of a page, in their order, with what they print."""
    found = list(blocks(page))
    for block, following in pairwise([*found, None]):
        if block and block.language == "sh":
            is_output = following and following.follows and not following.language
            yield Command(block, following.text if following and is_output else "")


def prints(shown: str, printed: str) -> bool:
    """Tell whether the lines that a page shows were printed, in this order, but for times."""
    lines = iter([line.strip() for line in _steady(printed).splitlines()])
    wanted = [line.strip() for line in _steady(shown).splitlines()]
    return all(
        any(_pattern(line).fullmatch(each) for each in lines)
        for line in wanted
        if line not in ("", "...")
    )


def _pattern(line: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part.strip()) for part in line.split("...")))


def _steady(text: str) -> str:
    return _VARIES.sub("?", text)
