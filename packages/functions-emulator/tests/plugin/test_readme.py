"""What the README shows works as it is written there, in a project with nothing else."""

import re
import shutil
from pathlib import Path

import pytest

from tests.plugin.conftest import ALONE, ORDERS, RunTests

README = Path(__file__).parents[2] / "README.md"


def test_the_tests_of_the_readme_pass(run_tests: RunTests, orders: Path) -> None:
    section = README.read_text("utf-8").partition("## Test your app")[2]
    blocks = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    text = "\n\n".join(blocks)
    run_tests(text).assert_outcomes(passed=text.count("\ndef test_"))


def test_the_tests_of_the_sample_app_pass(pytester: pytest.Pytester, orders: Path) -> None:
    shutil.copytree(ORDERS / "tests", orders / "tests")
    result = pytester.runpytest_subprocess(*ALONE, "-p", "no:cacheprovider", timeout=100)
    assert result.parseoutcomes().keys() == {"passed"}
