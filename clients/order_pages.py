"""The host's list of orchestrations, page by page, which the durable client cannot read.

`get_status_all` and `get_status_by` give the first 100 and drop the token of the rest
(durable-python#580), so the request they make is made here with its paging: `top` and the header
`x-ms-continuation-token` (HttpApiHandler.cs, HandleGetStatusRequestAsync).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import requests

from durable_sdk import HostTrouble, InstanceStatus, decoded, list_address
from ordering.clock import timestamp

CONTINUATION_TOKEN = "x-ms-continuation-token"
PAGE = 100
TIMEOUT = 60.0
_AT_ONCE = 8
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Page:
    """A page of the list, and the host's token of the next; None at the end."""

    statuses: list[InstanceStatus]
    next_token: str | None


async def read_page(
    binding: str,
    runtime_statuses: Sequence[str] = (),
    token: str | None = None,
    created_from: datetime | None = None,
    *,
    with_input: bool = False,
) -> Page:
    """Return a page of at most 100; raises HostTrouble.

    `binding` is the JSON text of a durable client binding.
    """
    further = {"with_input": True} if with_input else {}
    return await asyncio.to_thread(
        _read_page, binding, runtime_statuses, token, created_from, **further
    )


async def read_each(
    binding: str, ids: Sequence[str], *, with_input: bool = False
) -> list[InstanceStatus]:
    """Return those of some orchestrations that the host knows, in this order.

    One request of the host for each, on a few connections. Raises HostTrouble.
    """
    shares = [ids[start::_AT_ONCE] for start in range(min(_AT_ONCE, len(ids)))]
    works = (asyncio.to_thread(_read_share, binding, share, with_input) for share in shares)
    found = {each.instance_id: each for share in await asyncio.gather(*works) for each in share}
    return [found[instance_id] for instance_id in ids if instance_id in found]


async def read_all(
    binding: str,
    runtime_statuses: Sequence[str] = (),
    created_from: datetime | None = None,
    most_pages: int | None = None,
) -> AsyncIterator[InstanceStatus]:
    """Yield one orchestration after the other, of so many pages; raises HostTrouble."""
    token: str | None = None
    for number in count(1):
        page = await read_page(binding, runtime_statuses, token, created_from)
        for status in page.statuses:
            yield status
        token = page.next_token
        if not token or number == most_pages:
            return


def _read_page(
    binding: str,
    runtime_statuses: Sequence[str],
    token: str | None,
    created_from: datetime | None,
    with_input: bool = False,
) -> Page:
    url, query = list_address(binding)
    query += [("showInput", str(with_input).lower()), ("top", str(PAGE))]
    if runtime_statuses:
        query.append(("runtimeStatus", ",".join(runtime_statuses)))
    if created_from is not None:
        query.append(("createdTimeFrom", timestamp(created_from)))
    try:
        answer = requests.get(
            url,
            params=query,
            headers={CONTINUATION_TOKEN: token} if token else {},
            timeout=TIMEOUT,
            proxies=_proxies(url),
        )
        answer.raise_for_status()
        statuses = [_status(status) for status in answer.json()]
    except (requests.RequestException, LookupError, ValueError, TypeError, AttributeError) as error:
        raise HostTrouble(f"{type(error).__name__}: {error}") from error
    return Page(statuses, answer.headers.get(CONTINUATION_TOKEN) or None)


def _read_share(binding: str, ids: Sequence[str], with_input: bool) -> list[InstanceStatus]:
    url, query = list_address(binding)
    query.append(("showInput", str(with_input).lower()))
    found = []
    try:
        with requests.Session() as session:
            for instance_id in ids:
                answer = session.get(
                    f"{url}{instance_id}", params=query, timeout=TIMEOUT, proxies=_proxies(url)
                )
                if answer.status_code != 404:
                    answer.raise_for_status()
                    found.append(_status(answer.json()))
    except (requests.RequestException, LookupError, ValueError, TypeError, AttributeError) as error:
        raise HostTrouble(f"{type(error).__name__}: {error}") from error
    return found


def _proxies(url: str) -> dict[str, str]:
    """Return what keeps a request to this machine away from the proxies of the environment."""
    host = urlsplit(url).hostname or ""
    return {"no_proxy": host} if host in _THIS_MACHINE else {}


def _status(answer: Any) -> InstanceStatus:
    return InstanceStatus(
        str(answer["instanceId"]),
        str(answer["name"]),
        str(answer["runtimeStatus"]),
        decoded(answer.get("customStatus")),
        decoded(answer.get("output")),
        _moment(answer["createdTime"]),
        _moment(answer["lastUpdatedTime"]),
        decoded(answer.get("input")),
    )


def _moment(text: str) -> datetime:
    # Whole seconds, in UTC; datetime.fromisoformat of Python 3.10 does not know the Z at their end.
    return datetime.fromisoformat(text[:19]).replace(tzinfo=timezone.utc)
