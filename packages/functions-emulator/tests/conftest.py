"""What every suite shares."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support import ACCOUNTS, Azurite, find_azurite

# The same examples at every run, however slow the machine.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs Azurite where there is none."""
    if not find_azurite():
        reason = "There is no Azurite: `npm install azurite`, here or in a folder above."
        for item in items:
            if "azurite" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """A running Azurite."""
    with Azurite(tmp_path_factory.mktemp("azurite")) as running:
        yield running


@pytest.fixture(scope="session")
def storage_accounts() -> Iterator[str]:
    """Names of storage accounts that nobody has used."""
    return iter(ACCOUNTS)


@pytest.fixture
def storage(azurite: Azurite, storage_accounts: Iterator[str]) -> str:
    """The connection string of an empty storage account: tests share no queues."""
    return azurite.connection_string(next(storage_accounts))
