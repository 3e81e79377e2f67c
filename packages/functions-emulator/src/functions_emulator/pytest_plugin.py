"""The pytest plugin: the fixture `functions` is the app under test, running.

pytest imports this module in every project that has the package installed. So nothing else of
the package is imported before a test asks for a fixture; test_pytest_plugin.py guards that.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from functions_emulator.testing.functions import Functions
    from functions_emulator.testing.session import Session

OPTION = "--functions-host"
MARKER = "functions_app"
HOST_FILE = "host.json"
_USED: pytest.StashKey[Functions] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the settings."""
    group = parser.getgroup("functions", "Azure Functions")
    group.addoption(
        OPTION,
        default="emulator",
        metavar="HOST",
        help="what runs the app under test: emulator (default), func (Azure Functions Core Tools), "
        "or the URL of a host that runs it already",
    )
    parser.addini(
        "functions_app_root",
        "folder of the function app under test, from pytest's rootdir; by default the nearest one "
        "with a host.json, from the test's folder upwards",
    )
    parser.addini(
        "functions_skip_time",
        "whether the clock jumps to the next timer while a test waits for an instance",
        type="bool",
        default=True,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Check the option and describe the marker."""
    kind = config.getoption(OPTION)
    if kind not in ("emulator", "func") and not kind.startswith(("http://", "https://")):
        raise pytest.UsageError(f"{OPTION}={kind}: say emulator, func, or an http(s) URL")
    config.addinivalue_line(
        "markers",
        f"{MARKER}(root, **settings): the function app under test, from the folder of the test's "
        "file, and further app settings",
    )


@pytest.fixture
def functions_app_root(request: pytest.FixtureRequest) -> Path:
    """Give the folder of the app under test; override it, or set it in pytest's settings."""
    given = request.config.getini("functions_app_root")
    if given:
        return request.config.rootpath / str(given)
    folders = request.path.parents
    return next((each for each in folders if (each / HOST_FILE).exists()), request.config.rootpath)


@pytest.fixture(scope="session")
def functions_settings() -> Mapping[str, str]:
    """Give app settings that win over all others; override it."""
    return {}


@pytest.fixture(scope="session")
def _functions_session(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Session]:
    from functions_emulator.testing.session import Session

    kind = pytestconfig.getoption(OPTION)
    session = Session(kind, lambda: tmp_path_factory.mktemp("functions"))
    yield session
    session.close()


@pytest.fixture
def functions(
    request: pytest.FixtureRequest,
    _functions_session: Session,
    functions_app_root: Path,
    functions_settings: Mapping[str, str],
) -> Iterator[Functions]:
    """Run the app under test and give it to the test; what the test did is undone after it.

    One host serves all tests that want the same app with the same settings. On the emulator each
    test finds no instances, no messages in queues that are kept in memory, and the real time.
    """
    from functions_emulator.testing.errors import FunctionsError
    from functions_emulator.testing.functions import Functions

    root, settings = Path(functions_app_root), dict(functions_settings)
    for marker in reversed(list(request.node.iter_markers(MARKER))):
        if marker.args:
            root = request.path.parent / marker.args[0]
        settings.update(marker.kwargs)
    if not (root / HOST_FILE).exists():
        pytest.fail(
            f"There is no {HOST_FILE} in {root}: say functions_app_root in pytest's settings, or "
            f"mark the test with @pytest.mark.{MARKER}(folder).",
            pytrace=False,
        )
    try:
        host = _functions_session.host(root, settings)
    except FunctionsError as error:
        pytest.fail(str(error), pytrace=False)
    skip_time = bool(request.config.getini("functions_skip_time"))
    running = request.node.stash[_USED] = Functions(host, pytest.skip, skip_time)
    yield running
    running.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failed test what the app did."""
    report = yield
    used = item.stash.get(_USED, None)
    if used is not None and report.when == "call" and report.failed:
        from functions_emulator.testing.report import sections

        report.sections.extend(sections(used))
    return report
