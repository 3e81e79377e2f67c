"""The hosts of a test session: one for each app and its settings, started when first needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from functions_emulator.testing.core_tools import CoreToolsHost
from functions_emulator.testing.emulator_host import EmulatorHost
from functions_emulator.testing.errors import FunctionsError
from functions_emulator.testing.fakes import FakeServer
from functions_emulator.testing.hosts import Host, UrlHost

Key = tuple[Path, tuple[tuple[str, str], ...]]


class Session:
    """Start and keep hosts; `kind` is `emulator`, `func` or the URL of one that runs."""

    def __init__(self, kind: str, make_folder: Callable[[], Path]) -> None:
        self._kind = kind
        self._make_folder = make_folder
        self._hosts: dict[Key, Host] = {}
        self._failures: dict[Key, FunctionsError] = {}
        self._fakes = FakeServer()

    def host(self, app_root: Path, settings: Mapping[str, str]) -> Host:
        """Give the host of an app, started; one that has died is started anew.

        An app that does not start is tried once: every test that needs it fails with the same
        FunctionsError.
        """
        key = app_root.resolve(), tuple(sorted(settings.items()))
        if key in self._failures:
            raise self._failures[key]
        host = self._hosts.get(key)
        if host is None or not host.is_running:
            if host is not None:
                host.stop()
            host = self._hosts[key] = self._make(*key)
            try:
                host.start()
            except FunctionsError as error:
                self._failures[key] = error
                raise
        return host

    def close(self) -> None:
        """Stop every host."""
        for host in self._hosts.values():
            host.stop()
        self._fakes.close()

    def _make(self, app_root: Path, settings: tuple[tuple[str, str], ...]) -> Host:
        if self._kind == "emulator":
            return EmulatorHost(app_root, dict(settings), self._make_folder(), self._fakes)
        if self._kind == "func":
            return CoreToolsHost(app_root, dict(settings), self._make_folder())
        return UrlHost(app_root, dict(settings), self._kind)
