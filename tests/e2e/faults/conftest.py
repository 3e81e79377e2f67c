"""Apps for tests that break things."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.running_app import ONCE_A_YEAR, RunningApp
from tools.azurite import Azurite
from tools.chaos.app_copy import copy_app
from tools.hosts import Host, choose_host, free_port

APPS = Path(__file__).parent / "apps"


@pytest.fixture
def start_changed_app(
    azurite: Azurite, storage_accounts: Iterator[str], tmp_path: Path
) -> Iterator[Callable[[str], RunningApp]]:
    """Start a copy of the app with one of the modules in apps/ as its function_app.py."""
    started: list[RunningApp] = []

    def start(name: str) -> RunningApp:
        copy_app(tmp_path / name, APPS / f"{name}.py")
        app = RunningApp(azurite.connection_string(next(storage_accounts)), tmp_path)
        app.host = Host(
            choose_host(),
            port=free_port(),
            storage=app.storage,
            state=tmp_path / "state.db",
            output=tmp_path / "host.log",
            app_root=tmp_path / name,
            # The host's line is all that tells of a sweep which had nothing to do.
            settings={
                "AzureFunctionsJobHost__logging__logLevel__Function.SweepOrders": "Information",
                "SWEEP_SCHEDULE": ONCE_A_YEAR,
            },
        )
        started.append(app)
        app.host.start()
        return app

    yield start
    for app in started:
        app.host.stop()
        app.events.close()
