from types import SimpleNamespace
from typing import Any

import pytest

from orchestrators.versions import placed_under


@pytest.mark.parametrize(
    ("version", "asked", "told"),
    [
        (None, "1.0", False),
        ("", "1.0", False),
        ("1.0", "1.0", True),
        ("1.0", "1.1", False),
        ("1.2", "1.1", True),
        ("1.10", "1.9", True),
        ("2.0", "1.9", True),
        ("1", "1.0", True),
        ("2", "2.0.0", True),
        ("1.0", "1", True),
        ("0", "1", False),
    ],
)
def test_an_order_keeps_the_version_it_was_placed_under(
    version: str | None, asked: str, told: bool
) -> None:
    context: Any = SimpleNamespace(version=version)
    assert placed_under(context, asked) is told
