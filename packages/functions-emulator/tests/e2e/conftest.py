from collections.abc import Iterator

import pytest

from tests.e2e.sample_host import SampleHost


@pytest.fixture(scope="package")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleHost]:
    """The samples, on an emulator that no test stops."""
    running = SampleHost("samples", tmp_path_factory.mktemp("samples"))
    with running.host:
        yield running
