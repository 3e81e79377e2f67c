"""Ids of invocations."""

import random
import uuid


def invocation_id() -> str:
    """Return an id of its own for one invocation of a function.

    As random as an id in a log has to be. `uuid4` asks the system for each, and hands the
    interpreter to another thread meanwhile.
    """
    return str(uuid.UUID(int=random.getrandbits(128), version=4))
