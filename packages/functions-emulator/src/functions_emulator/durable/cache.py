"""The live instances that are kept in memory."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict

from functions_emulator.durable import reading
from functions_emulator.durable.instance import Instance

CAPACITY = 2000


class InstanceCache:
    """Keep the instances whose turns were last; the state file has them all."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._instances: OrderedDict[str, Instance] = OrderedDict()
        self._in_turn: dict[str, Instance] = {}

    def begin_turn(self, instance_id: str) -> Instance | None:
        """Give an instance for its turn; None for an unknown one."""
        instance = self._instances.get(instance_id)
        instance = instance or reading.instance(self._connection, instance_id)
        if instance is not None:
            self._in_turn[instance_id] = instance
        return instance

    def end_turn(self, instance_id: str) -> None:
        """Take an instance back from its turn."""
        self._in_turn.pop(instance_id, None)

    def keep(self, instance: Instance) -> None:
        """Keep an instance in the state that was committed."""
        instance_id = instance.status.instance_id
        self._instances[instance_id] = instance
        self._instances.move_to_end(instance_id)
        if len(self._instances) > CAPACITY:
            self._instances.popitem(last=False)

    def forget(self, instance_id: str) -> None:
        """Drop an instance; if it is in a turn, that turn is not to be committed."""
        self._instances.pop(instance_id, None)
        if instance_id in self._in_turn:
            self._in_turn[instance_id].purged = True
