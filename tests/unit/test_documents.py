"""README and docs: short, their links lead somewhere, and each command is marked as run or not."""

import importlib
import re
from pathlib import Path

import pytest

from tests.documents import PAGES, blocks, prints
from tools.hosts import ROOT

LANGUAGES = {"", "sh", "mermaid", "python", "json", "yaml", "toml", "diff", "kusto", "ini"}
LOOKS_LIKE_A_COMMAND = re.compile(
    r"^(\$ )?(make|curl|python3?|pip|npm|npx|func|functions-emulator|az|azd|git|docker|export) ",
    re.MULTILINE,
)
names = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def anchors(page: Path) -> set[str]:
    """Return what links to a page may have behind their `#`, as GitHub makes it of a heading."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@names
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith(("https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.name}: {link}"


@names
def test_a_command_is_in_a_block_that_is_marked_as_such(page: Path) -> None:
    for block in blocks(page):
        assert block.language in LANGUAGES, f"{block}: {block.language}"
        if not block.language and not block.follows:
            assert not LOOKS_LIKE_A_COMMAND.search(block.text), f"{block}: name it ```sh"


def test_a_target_of_make_that_a_page_names_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        named = set(re.findall(r"(?:^|`)make ([a-z][a-z0-9-]*)", text, re.MULTILINE))
        assert named <= targets, f"{page.name}: make {named - targets}"


def test_a_tool_that_a_page_names_is_there() -> None:
    named = {
        (module, command)
        for page in PAGES
        for module, command in re.findall(
            r"python -m (tools\.\w+|benchmarks)(?: ([a-z][a-z-]+))?\b",
            page.read_text(encoding="utf-8"),
        )
    }
    assert len(named) > 3
    for module, command in sorted(named):
        is_package = (ROOT / module.replace(".", "/")).is_dir()
        tool = importlib.import_module(f"{module}.__main__" if is_package else module).tool
        words = [*([command] if command else []), "--help"]
        assert tool.run(words) == 0, f"python -m {module} {command}"


@pytest.mark.parametrize(
    ("shown", "printed", "holds"),
    [
        ("a\nb", "a\nb\n", True),
        ("a\nb", "b\na", False),
        ("a\n...\nc", "a\nb\nc", True),
        ('{"a": 1, ... "z": 2}', '{"a": 1, "b": 5, "z": 2}', True),
        ('{"a": 1, ... "z": 2}', '{"a": 1, "b": 5, "z": 3}', False),
        ("until 2026-11-29T21:09:57Z", "until 2027-01-01T00:00:00.123Z", True),
        ("Done in 4 s", "Done in 12.5 s", True),
        ("Done in 4 s", "Failed in 4 s", False),
    ],
)
def test_what_a_page_shows_is_looked_for_in_what_is_printed(
    shown: str, printed: str, holds: bool
) -> None:
    assert prints(shown, printed) is holds
