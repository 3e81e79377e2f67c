"""Bicep as text: what can be told of it where there is no compiler."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tools.hosts import ROOT

MAIN = ROOT / "infra" / "main.bicep"
MODULES = sorted((ROOT / "infra" / "modules").glob("*.bicep"))
FILES = [MAIN, *MODULES]


@dataclass(frozen=True)
class Call:
    """A module as another file uses it."""

    symbol: str
    path: str
    params: frozenset[str]


@dataclass(frozen=True)
class Bicep:
    """One file."""

    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def code(self) -> str:
        """The text without its comments and descriptions."""
        without = re.sub(r"(?m)(^|\s)//.*$", "", self.text)
        return re.sub(r"@description\('(?:[^'\\]|\\.)*'\)", "", without)

    @property
    def params(self) -> dict[str, bool]:
        """The parameters, and whether each has a default."""
        found = re.findall(r"(?m)^param (\w+) \w+( =)?", self.code)
        return {name: bool(default) for name, default in found}

    @property
    def variables(self) -> set[str]:
        return set(re.findall(r"(?m)^var (\w+) =", self.code))

    @property
    def resources(self) -> set[str]:
        return set(re.findall(r"(?m)^ *resource (\w+) '", self.code))

    @property
    def outputs(self) -> set[str]:
        return set(re.findall(r"(?m)^output (\w+) ", self.code))

    @property
    def calls(self) -> list[Call]:
        found = re.findall(r"(?ms)^module (\w+) '([^']+)' =.*?^  params: \{$(.*?)^  \}$", self.code)
        return [
            Call(symbol, path, frozenset(re.findall(r"(?m)^    (\w+):", body)))
            for symbol, path, body in found
        ]

    def uses(self, name: str) -> int:
        """Count how often a name is used beside its declaration."""
        without_keys = re.sub(r"(?m)(^ *|[{,] )\w+:", "", self.code)
        return len(re.findall(rf"(?<![\w.'-]){name}\b(?!')", without_keys)) - 1


def app_settings() -> set[str]:
    """Return every app setting that infra gives the app, whatever the parameters say."""
    pattern = r"(?m)^ +([A-Z]+_[A-Z_]+|\w+__\w+): "
    return {name for path in FILES for name in re.findall(pattern, Bicep(path).code)}
