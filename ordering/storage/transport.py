"""A transport of azure-core over urllib3 itself, for a service at one address.

`requests`, which azure-core brings, stands between them else, and puts together anew what the
pipeline has made ready: a quarter of what a small request costs.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import urllib3
from azure.core.exceptions import (
    AzureError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest
from urllib3 import exceptions

# That of the pipeline decides about the next try.
_ONE_TRY = urllib3.Retry.from_int(False)
_TROUBLES: list[tuple[type[exceptions.HTTPError], type[AzureError]]] = [
    (exceptions.NewConnectionError, ServiceRequestError),
    (exceptions.SSLError, ServiceRequestError),
    (exceptions.ConnectTimeoutError, ServiceRequestTimeoutError),
    (exceptions.ReadTimeoutError, ServiceResponseTimeoutError),
    (exceptions.HTTPError, ServiceResponseError),
]


class Answer(NamedTuple):
    """An answer, read to its end; its names are those of azure.core.rest.HttpResponse."""

    request: HttpRequest
    status_code: int
    reason: str | None
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """Return what the body's JSON says; ValueError if it is none."""
        return json.loads(self.content)


class DirectTransport(HttpTransport[HttpRequest, Answer]):
    """Sends to the host of a URL, over so many connections at most. Safe to share.

    `timeouts` are those of connecting and reading, in seconds; `certificates` is the file or the
    folder of those that are trusted. It follows no redirect, keeps no cookie, knows of no proxy.
    """

    def __init__(
        self, url: str, connections: int, timeouts: tuple[float, float], certificates: str
    ) -> None:
        parts = urlsplit(url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        trust = {"ssl_context": _trust(certificates)} if parts.scheme == "https" else {}
        self._pool = urllib3.connection_from_url(
            self._origin,
            maxsize=connections,
            block=True,
            timeout=urllib3.Timeout(connect=timeouts[0], read=timeouts[1]),
            retries=_ONE_TRY,
            **trust,
        )

    def send(self, request: HttpRequest, **options: Any) -> Answer:
        """Return the answer to a request; raises what azure-core's own transports raise."""
        origin, path = request.url[: len(self._origin)], request.url[len(self._origin) :]
        if origin != self._origin or not path.startswith("/"):
            raise ValueError(f"This transport is for {self._origin} alone.")
        try:
            answer = self._pool.urlopen(
                request.method,
                path,
                body=request.content,
                headers=dict(request.headers),
                redirect=False,
            )
        except exceptions.HTTPError as error:
            trouble = next(ours for theirs, ours in _TROUBLES if isinstance(error, theirs))
            raise trouble(error, error=error) from error
        return Answer(request, answer.status, answer.reason, answer.headers, answer.data)

    def open(self) -> None:
        """Do nothing: connections are made when they are needed."""

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._pool.close()

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.close()


@lru_cache
def _trust(certificates: str) -> ssl.SSLContext:
    # Made once a process: reading them takes twenty milliseconds.
    if Path(certificates).is_dir():
        return ssl.create_default_context(capath=certificates)
    return ssl.create_default_context(cafile=certificates)
