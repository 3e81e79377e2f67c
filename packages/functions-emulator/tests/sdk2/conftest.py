"""Where the app's SDK is azure-functions-durable 2; elsewhere nothing here is collected."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import pytest

from tests.e2e.sample_host import SampleHost


def _is_second_sdk() -> bool:
    try:
        return version("azure-functions-durable").startswith("2.")
    except PackageNotFoundError:
        return False


collect_ignore_glob = [] if _is_second_sdk() else ["test_*.py", "*/test_*.py"]


@pytest.fixture(scope="package")
def patterns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleHost]:
    """The patterns on SDK 2, on an emulator that no test stops."""
    running = SampleHost("../../sdk2/apps/patterns", tmp_path_factory.mktemp("patterns"))
    with running.host:
        yield running
