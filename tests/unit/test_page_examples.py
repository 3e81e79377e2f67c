"""The page's examples are the README's table."""

import re

from tests.unit.test_readme import rows
from tools.hosts import ROOT


def test_every_row_of_the_table_is_an_example_of_the_page() -> None:
    text = (ROOT / "page/views/examples.js").read_text(encoding="utf-8")
    assert re.findall(r'^  example\("(.+?)", ', text, re.MULTILINE) == rows("What happens when")
