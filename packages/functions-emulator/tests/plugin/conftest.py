"""A project with an app under test; the plugin is found as in a stranger's project."""

import shutil
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ORDERS = Path(__file__).parents[2] / "examples" / "orders"

# Plugins that are found without being asked for: ours, and those of this package's tests. Those of
# whatever else is installed are no business of these tests, and take their time.
FOUND = ("functions_emulator", "timeout", "xdist")
ALONE = [f"-pno:{each.name}" for each in entry_points(group="pytest11") if each.name not in FOUND]

RunTests = Callable[..., pytest.RunResult]


@pytest.fixture
def orders(pytester: pytest.Pytester) -> Path:
    """A copy of the sample app, without its tests, in a project of its own."""
    for name in ("function_app.py", "host.json", "local.settings.json"):
        shutil.copy(ORDERS / name, pytester.path / name)
    pytester.makeini("[pytest]")
    return pytester.path


@pytest.fixture
def run_tests(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RunTests:
    """Run pytest in a process of its own on the text of a test file."""
    # What xdist tells its workers, and what the host would take for the app's.
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "AzureWebJobsStorage"):
        monkeypatch.delenv(name, raising=False)

    def run(text: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_app=text)
        return pytester.runpytest_subprocess(
            *ALONE, "-p", "no:cacheprovider", *arguments, timeout=100
        )

    return run
