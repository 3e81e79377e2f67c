"""One app for all tests here; they share nothing in it, since every order and SKU is unique."""

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.running_app import RunningApp, unique
from tools.azurite import Azurite


@pytest.fixture(scope="session")
def start_app(
    azurite: Azurite,
    storage_accounts: Iterator[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., RunningApp]]:
    """Start an app of one's own, with app settings if wanted."""
    started: list[RunningApp] = []

    def start(**settings: str) -> RunningApp:
        storage = azurite.connection_string(next(storage_accounts))
        app = RunningApp(storage, tmp_path_factory.mktemp("app"), settings)
        started.append(app)
        app.host.start()
        return app

    yield start
    for app in started:
        app.host.stop()
        app.events.close()


@pytest.fixture(scope="session")
def app(start_app: Callable[..., RunningApp]) -> RunningApp:
    """The app that all tests share which only use it."""
    return start_app()


@pytest.fixture(scope="session", autouse=True)
def undeliverable(app: RunningApp) -> dict[str, str]:
    """Send first what takes five tries; test_undeliverable_messages.py looks at it last."""
    plain = f'{{"instanceID": "{unique("plain")}", "EventName": "Proceed"}}'
    app.events.send_raw(plain)
    return {"plain text": plain, "unknown order": app.events.send(unique("nobody"))}
