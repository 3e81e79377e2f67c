"""A Stripe-compatible server of our own, https://github.com/adrienverge/localstripe."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.hosts import free_port
from tools.http_client import request
from tools.processes import ProcessGroup, wait_until

# It keeps its data in a file of a fixed name under /tmp unless it is told not to.
IN_MEMORY = """
import localstripe.resources
type(localstripe.resources.store).dump_to_disk = lambda store: None
from localstripe.server import start
start()
"""


@contextmanager
def running_localstripe(folder: Path) -> Iterator[str]:
    """Give the base URL of a server on a free port; it takes any key."""
    port = free_port()
    group = ProcessGroup(
        [sys.executable, "-c", IN_MEMORY, "--port", str(port), "--from-scratch"],
        environment=os.environ,
        directory=folder,
        output=folder / "localstripe.log",
    )
    base = f"http://localhost:{port}"
    try:
        up = wait_until(lambda: request("GET", f"{base}/v1/charges").status == 401, 30)
        assert up, group.text()
        yield base
    finally:
        group.stop()
