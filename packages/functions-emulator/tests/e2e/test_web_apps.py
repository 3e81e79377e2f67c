"""Whole FastAPI and Flask apps, served through one function each."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.e2e.sample_host import APPS
from tests.support import HostProcess


def started(name: str, folder: Path) -> HostProcess:
    return HostProcess(APPS / name, folder / "state.db", folder / "host.log", {})


@pytest.fixture(scope="module")
def asgi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with started("asgi", tmp_path_factory.mktemp("asgi")) as host:
        yield host.base_url


@pytest.fixture(scope="module")
def wsgi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with started("wsgi", tmp_path_factory.mktemp("wsgi")) as host:
        yield host.base_url


def test_fastapi_has_the_root_of_the_host_and_starts_once(asgi: str) -> None:
    for _ in range(2):
        answer = requests.get(f"{asgi}/", timeout=30).json()
        assert answer == {"at": "root", "started": ["once"], "function": "http_app_func"}


def test_fastapi_gets_paths_queries_and_bodies(asgi: str) -> None:
    found = requests.get(f"{asgi}/items/a%20b?detail=true", timeout=30)
    assert found.json() == {"name": "a b", "detail": True}
    missing = requests.get(f"{asgi}/items/nothing", timeout=30)
    assert (missing.status_code, missing.json()) == (404, {"detail": "no such item"})
    added = requests.post(f"{asgi}/items", json={"name": "x", "quantity": 2}, timeout=30)
    assert (added.status_code, added.json()) == (201, {"name": "x", "quantity": 2})
    wrong = requests.post(f"{asgi}/items", json={"name": "x"}, timeout=30)
    assert wrong.status_code == 422
    assert "/items/{name}" in requests.get(f"{asgi}/openapi.json", timeout=30).json()["paths"]


def test_the_hosts_own_endpoints_stay_beside_an_app_that_takes_every_path(asgi: str) -> None:
    status = requests.get(f"{asgi}/admin/host/status", timeout=30)
    assert status.json()["state"] == "Running"


def test_flask_gets_paths_queries_and_bodies(wsgi: str) -> None:
    assert requests.get(f"{wsgi}/", timeout=30).text == "root of Flask"
    found = requests.get(f"{wsgi}/items/a?detail=1", timeout=30)
    assert found.json() == {"name": "a", "detail": "1"}
    added = requests.post(f"{wsgi}/items", json={"name": "x"}, timeout=30)
    assert (added.status_code, added.json()) == (201, {"name": "x"})
    assert requests.get(f"{wsgi}/nowhere", timeout=30).status_code == 404


def test_flask_sets_several_cookies(wsgi: str) -> None:
    answer = requests.get(f"{wsgi}/cookies", timeout=30)
    # Not answer.cookies: Python's cookie jar refuses the empty domain that the host writes.
    assert answer.raw.headers.getlist("Set-Cookie") == [
        "one=1; domain=; path=/; httponly",
        "two=2; domain=; path=/items",
    ]
