"""The README promises nothing that no test of that name keeps."""

import ast
import re

from tools.hosts import ROOT


def rows(heading: str) -> list[str]:
    """Return the first column of the table under a heading."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    cells = re.findall(r"^\| (.*?) \|", section, re.MULTILINE)
    return cells[1:]


def test_every_scenario_of_the_table_is_a_test_of_the_same_name_and_in_the_same_order() -> None:
    tree = ast.parse((ROOT / "tests/e2e/test_scenarios.py").read_text(encoding="utf-8"))
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    tests = [name for name in functions if name.startswith("test_")]
    words = [
        re.sub(r"[^a-z0-9]+", "_", row.lower()).strip("_") for row in rows("What happens when")
    ]
    assert [f"test_{name}" for name in words] == tests
    assert len(tests) > 10
