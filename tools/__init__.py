"""What a person runs beside the app."""

import os

from tools.starting import start

# All that the tools start and talk to by default is on this machine, but many a company's
# environment sends every request through a proxy, and Python's HTTP clients obey.
_LOOPBACK = "localhost,127.0.0.1"
for _name in ("no_proxy", "NO_PROXY"):
    os.environ[_name] = ",".join(filter(None, [os.environ.get(_name), _LOOPBACK]))

start()
