"""Has a process print a line for each time that the durable client asks the host for a status.

Python imports it at its start where the folder is on the path. It knows SDK 1.x, which asks over
HTTP, whatever version of the app calls it.
"""

import functools
from typing import Any

try:
    import aiohttp
except ImportError:  # not the process that is meant
    pass
else:
    _request = aiohttp.ClientSession._request

    @functools.wraps(_request)
    async def _counted(self: Any, method: str, url: Any, *rest: Any, **options: Any) -> Any:
        if method.upper() == "GET" and "/instances/" in str(url):
            print("asked for a status", flush=True)
        return await _request(self, method, url, *rest, **options)

    aiohttp.ClientSession._request = _counted  # type: ignore[assignment,method-assign]
