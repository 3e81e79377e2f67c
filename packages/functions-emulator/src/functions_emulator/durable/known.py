"""The functions that orchestrations may call."""

from __future__ import annotations

from collections.abc import Collection, Container
from dataclasses import dataclass

# ext:HttpOptions.cs
HTTP_SLEEP_MILLISECONDS = 30_000


@dataclass(frozen=True)
class KnownFunctions:
    """Hold the names that may be called, in lower case: names ignore case on the platform.

    `http_sleep_milliseconds` is the pause of a call_http that polls and was not told how long.
    `default_version` is that of sub-orchestrations whose caller names none.
    """

    activities: Container[str]
    orchestrators: Container[str]
    entities: Collection[str] = ()
    http_sleep_milliseconds: int = HTTP_SLEEP_MILLISECONDS
    default_version: str = ""

    def no_such_entity(self, name: str) -> str:
        """Say that there is no entity function of this name, and which there are."""
        names = "', '".join(sorted(self.entities))
        found = (
            f"The following are the known entity functions: '{names}'."
            if names
            else "No entity functions are currently registered!"
        )
        return (
            f"The function '{name}' doesn't exist, is disabled, or is not an entity function. "
            f"Additional info: {found}"
        )
