"""The page in a real browser, on `make run`; skipped where no Chromium or Chrome is found."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.shop import Shop
from tools.azurite import Azurite
from tools.browser import HOW_TO_GET_ONE, find_chromium, open_browser
from tools.hosts import ROOT, free_port
from tools.processes import ToolError, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Seconds: far above what anything takes, on a machine that is busy with other tests.
PATIENCE = 120.0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a browser, skip these tests with one line that says how to get one."""
    try:
        if find_chromium() is not None:
            return
    except ToolError as error:
        raise pytest.UsageError(str(error)) from None
    ours = [item for item in items if "browser" in getattr(item, "fixturenames", ())]
    if ours:
        reason = f"{len(ours)} tests of the page. {HOW_TO_GET_ONE}"
        ours[0].add_marker(pytest.mark.skip(reason=reason))
        config.hook.pytest_deselected(items=ours[1:])
        items[:] = [item for item in items if item not in ours[1:]]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A browser for all tests here; as long as it is there, an event loop runs in this process."""
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE * 1000)
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="package")
def shop(
    browser: Browser,
    azurite: Azurite,
    storage_accounts: Iterator[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shop]:
    """A shop under `make run`, which all tests share: every order and SKU is unique."""
    folder = tmp_path_factory.mktemp("run")
    storage = azurite.connection_string(next(storage_accounts))
    shop = Shop(f"http://127.0.0.1:{free_port()}", storage, folder / "run.log")
    with shop.log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.run"],
            cwd=ROOT,
            env={
                **os.environ,
                "AzureWebJobsStorage": storage,
                "PORT": shop.base_url.rsplit(":", 1)[1],
                "DATA": str(folder / "data"),
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        assert wait_until(lambda: "Ready on http" in shop.printed(), PATIENCE), shop.printed()
        yield shop
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def page(browser: Browser, shop: Shop, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab with the page open and nothing kept; options by `@pytest.mark.parametrize`, indirect.

    A script that fails, an error on the console or a breach of the content security policy fails
    the test; an answer of 400 and more, which Chromium reports there too, does not.
    """
    options: dict[str, Any] = getattr(request, "param", {})
    context = browser.new_context(base_url=shop.base_url, locale="en-GB", **options)
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda message: (
            errors.append(message.text)
            if message.type == "error" and "Failed to load resource" not in message.text
            else None
        ),
    )
    yield page
    context.close()
    assert errors == []
