"""A Chromium or Chrome of this machine, driven by Playwright, which is a development package."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tools.processes import ToolError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
HOW_TO_GET_ONE = (
    "No Chromium or Chrome was found on PATH. Install one (Debian, Ubuntu: apt-get install "
    "chromium), or name yours: CHROME=/path/to/chrome"
)
# Nothing that it does of itself: no first run, no update, no request but the page's. As root, as
# in a container, Chromium has no sandbox.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str | None:
    """Return the browser that CHROME names, or the first on PATH; None where there is none.

    Raises ToolError if CHROME names no program.
    """
    named = os.environ.get("CHROME")
    if named:
        if found := shutil.which(named):
            return found
        raise ToolError(f"CHROME={named} is no program.")
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Give a headless browser with an empty profile; raises ToolError where there is none."""
    executable = find_chromium()
    if executable is None:
        raise ToolError(HOW_TO_GET_ONE)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
