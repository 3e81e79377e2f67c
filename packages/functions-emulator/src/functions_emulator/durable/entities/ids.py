"""How an entity is named.

Source: durable-extension EntityScheduler/EntityId.cs.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EntityId:
    """Name an entity: by the function that serves it, in lower case, and by its key."""

    name: str
    key: str

    @classmethod
    def of(cls, name: str, key: str) -> EntityId:
        """Make an id; the name ignores case, the key does not."""
        return cls(name.lower(), key)

    @classmethod
    def parse(cls, instance_id: str) -> EntityId:
        """Read the id of an entity's instance."""
        name, _, key = instance_id[1:].partition("@")
        return cls.of(name, key)

    @property
    def instance_id(self) -> str:
        """Give the id of the entity's instance."""
        return f"@{self.name}@{self.key}"


def is_entity(instance_id: str) -> bool:
    """Tell whether an instance is an entity: no orchestration's id starts with @."""
    return instance_id.startswith("@")
