"""How requests travel: pooled connections, and when one is sent again."""

from __future__ import annotations

import logging
import os
import re
from typing import Any
from urllib.request import getproxies

import requests
from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.policies import RetryPolicy
from azure.core.pipeline.transport import HttpTransport, RequestsTransport
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from ordering.storage.transport import DirectTransport

THREADS = "PYTHON_THREADPOOL_THREAD_COUNT"
_ALL_METHODS = frozenset(["DELETE", "GET", "PATCH", "POST", "PUT"])
# What the host sets where the setting is missing (ApplyWorkerConcurrencyLimits).
_HOST_THREADS = 1000
# Threads that are not the worker's: those of asyncio.to_thread, and our readers.
_OTHER_THREADS = 64
LONGEST_WAIT = 3.0  # seconds
TIMEOUTS: dict[str, Any] = {"connection_timeout": 3, "read_timeout": 10}


class ShortRetries(RetryPolicy[Any, Any]):
    """Tries again what is worth it, within seconds.

    A stopped storage emulator must show at once, and a wait that the service asks for with
    Retry-After is kept if it is short; otherwise the answer stands. The long waiting is done by
    the retries of durable activities, which cost no thread. Every request is tried again, also a
    POST whose answer got lost: all writes are guarded.
    """

    def __init__(self) -> None:
        super().__init__(
            retry_total=3,
            retry_connect=2,
            retry_read=1,
            retry_backoff_factor=0.2,
            retry_backoff_max=2,
        )

    def configure_retries(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the settings of one request."""
        return {**super().configure_retries(options), "methods": _ALL_METHODS}

    def is_retry(self, settings: dict[str, Any], response: PipelineResponse[Any, Any]) -> bool:
        """Tell whether an answer is worth another try."""
        if not super().is_retry(settings, response):
            return False
        return (self.get_retry_after(response) or 0) <= LONGEST_WAIT


class HiddenSignatures(logging.Filter):
    """Takes the signatures out of the addresses that urllib3 logs at level DEBUG."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Pass every record on."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                without_signature(each) if isinstance(each, str) else each for each in record.args
            )
        return True


_HIDDEN = HiddenSignatures()


def without_signature(text: str) -> str:
    """Return a text without the shared access signature of an address in it."""
    return re.sub(r"\bsig=[^&\s]+", "sig=REDACTED", text)


def transport_to(url: str) -> HttpTransport[Any, Any]:
    """Return a transport for many small requests to one service, to be made once per process.

    Where the environment names proxies, `requests`, which knows how they are used.
    """
    if _proxies():
        transport: HttpTransport[Any, Any] = new_transport()
        return transport
    _hide_signatures()
    trusted = certificates()
    file = DEFAULT_CA_BUNDLE_PATH if trusted is True else str(trusted)
    timeouts = (TIMEOUTS["connection_timeout"], TIMEOUTS["read_timeout"])
    return DirectTransport(url, pool_size(), timeouts, file)


def new_transport() -> RequestsTransport:
    """Return a transport on a session of its own, to be made once per process."""
    return RequestsTransport(
        session=new_session(),
        session_owner=False,
        connection_verify=certificates(),
        **TIMEOUTS,
    )


def new_session() -> requests.Session:
    """Return a session with pooled connections that obeys the proxies of the environment."""
    _hide_signatures()
    session = requests.Session()
    # Connections are made when they are needed; more threads than that wait for one.
    adapter = HTTPAdapter(pool_maxsize=pool_size(), pool_block=True)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    # Else it looks at the environment again for each request, at a tenth of the request's cost.
    session.trust_env = _proxies()
    return session


def _proxies() -> bool:
    return bool(getproxies().keys() - {"no"})


def _hide_signatures() -> None:
    logging.getLogger("urllib3.connectionpool").addFilter(_HIDDEN)


def pool_size() -> int:
    """Return how many connections the worker's threads can use at once."""
    text = os.environ.get(THREADS, "").strip()
    return (int(text) if text.isdecimal() else _HOST_THREADS) + _OTHER_THREADS


def certificates() -> str | bool:
    """Return the certificates that the environment names for `requests`; True for its own."""
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return next((os.environ[name] for name in names if os.environ.get(name)), True)
