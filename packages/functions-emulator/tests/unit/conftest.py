"""Small apps to load, each alone in its process state."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

MakeApp = Callable[..., Path]

HEADER = "import azure.functions as func\nimport azure.durable_functions as df\n"
BUNDLE = {"id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)"}


@pytest.fixture(autouse=True)
def own_process_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Undo what loading an app does to the process: folder, import path, modules, environment."""
    monkeypatch.chdir(tmp_path)
    environment, path, modules = dict(os.environ), list(sys.path), set(sys.modules)
    yield
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        file = getattr(sys.modules[name], "__file__", None)
        if file and Path(file).is_relative_to(tmp_path):
            del sys.modules[name]


@pytest.fixture
def make_app(tmp_path: Path) -> MakeApp:
    """Write an app of its function_app.py (imports are added) and its settings."""

    def make(
        source: str = "",
        host: dict[str, Any] | None = None,
        values: dict[str, Any] | None = None,
        files: dict[str, str] | None = None,
    ) -> Path:
        root = tmp_path / "app"
        root.mkdir()
        host_json = {"version": "2.0", "extensionBundle": BUNDLE, **(host or {})}
        (root / "host.json").write_text(json.dumps(host_json))
        if values is not None:
            settings = {"IsEncrypted": False, "Values": values}
            (root / "local.settings.json").write_text(json.dumps(settings))
        (root / "function_app.py").write_text(HEADER + dedent(source))
        for name, text in (files or {}).items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(dedent(text))
        return root

    return make
