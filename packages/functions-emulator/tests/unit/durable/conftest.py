"""An empty task hub."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.durable.hubs import Hub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    async def make_it() -> Hub:
        return Hub(tmp_path / "state.db")

    hub = asyncio.run(make_it())
    yield hub
    hub.store.close()
