"""A copy of the app, with another module in the place of its function_app.py."""

from __future__ import annotations

import shutil
from pathlib import Path

from tools.hosts import ROOT

PACKAGES = ("activities", "clients", "orchestrators", "ordering")
UNDER_CHAOS = Path(__file__).with_name("shop_under_chaos.py")


def copy_app(folder: Path, function_app: Path) -> None:
    """Copy the app; the module finds the app's own as shop_app.py."""
    ignored = shutil.ignore_patterns("__pycache__")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    shutil.copy(ROOT / "host.json", folder)
    shutil.copy(ROOT / "durable_sdk.py", folder)
    shutil.copy(ROOT / "function_app.py", folder / "shop_app.py")
    shutil.copy(function_app, folder / "function_app.py")


def copy_app_under_chaos(folder: Path, bug: Path | None = None) -> None:
    """Copy the app so that its activities can be doubled.

    `bug` is a module that spoils the app before it is loaded: to see that chaos notices.
    """
    copy_app(folder, UNDER_CHAOS)
    if bug is not None:
        shutil.copy(bug, folder / "bug.py")
        shop_app = folder / "shop_app.py"
        shop_app.write_text(f"import bug\n{shop_app.read_text(encoding='utf-8')}", "utf-8")
