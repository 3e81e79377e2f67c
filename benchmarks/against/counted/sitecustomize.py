"""Has a process print a line for each time that the app asks the host how orders stand.

Python imports it at its start where the folder is on the path. It knows SDK 1.x, which asks over
HTTP with aiohttp, and `requests`, with which the app reads the host's list.
"""

import functools
from typing import Any


def told(method: str, url: object) -> None:
    """Print the line if this is such a request."""
    if method.upper() == "GET" and "/instances/" in str(url):
        print("asked for a status", flush=True)


try:
    import aiohttp
    import requests
except ImportError:  # not the process that is meant
    pass
else:
    _client, _session = aiohttp.ClientSession._request, requests.Session.request

    @functools.wraps(_client)
    async def _by_client(self: Any, method: str, url: Any, *rest: Any, **options: Any) -> Any:
        told(method, url)
        return await _client(self, method, url, *rest, **options)

    @functools.wraps(_session)
    def _by_session(self: Any, method: str, url: Any, *rest: Any, **options: Any) -> Any:
        told(method, url)
        return _session(self, method, url, *rest, **options)

    aiohttp.ClientSession._request = _by_client  # type: ignore[assignment,method-assign]
    requests.Session.request = _by_session  # type: ignore[method-assign]
