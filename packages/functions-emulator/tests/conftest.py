"""One Azurite per run, and an empty storage account for every test."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tools.azurite import Azurite

# The same examples at every run, however slow the machine.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

# Azurite takes its accounts at start only.
ACCOUNTS = tuple(f"test{number:04d}" for number in range(1000))


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """A running Azurite, in memory, on free ports."""
    with Azurite(accounts=ACCOUNTS) as running:
        yield running


@pytest.fixture(scope="session")
def storage_accounts() -> Iterator[str]:
    """Names of storage accounts that nobody has used."""
    return iter(ACCOUNTS)


@pytest.fixture
def storage(azurite: Azurite, storage_accounts: Iterator[str]) -> str:
    """The connection string of an empty storage account: tests share no tables or queues."""
    return azurite.connection_string(next(storage_accounts))
