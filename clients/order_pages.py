"""The host's list of orchestrations, page by page, which the durable client cannot read.

`get_status_all` and `get_status_by` give the first 100 and drop the token of the rest
(durable-python#580), so the request they make is made here with its paging: `top` and the header
`x-ms-continuation-token` (HttpApiHandler.cs, HandleGetStatusRequestAsync).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import requests
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus

from clients.host_status import HostTrouble

CONTINUATION_TOKEN = "x-ms-continuation-token"
PAGE = 100
TIMEOUT = 60.0


@dataclass(frozen=True)
class Page:
    """A page of DurableOrchestrationStatus, and the host's token of the next; None at the end."""

    statuses: list[Any]
    next_token: str | None


async def read_page(client: Any, runtime_statuses: Sequence[str], token: str | None) -> Page:
    """Return a page of at most 100; raises HostTrouble."""
    return await asyncio.to_thread(_read_page, client, runtime_statuses, token)


def _read_page(client: Any, runtime_statuses: Sequence[str], token: str | None) -> Page:
    query = {"showInput": "false", "top": str(PAGE), "runtimeStatus": ",".join(runtime_statuses)}
    base_url = client._orchestration_bindings.rpc_base_url
    try:
        answer = requests.get(
            f"{base_url}instances/",
            params={name: value for name, value in query.items() if value},
            headers={CONTINUATION_TOKEN: token} if token else {},
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        statuses = [DurableOrchestrationStatus.from_json(status) for status in answer.json()]
    except (requests.RequestException, ValueError, TypeError, AttributeError) as error:
        raise HostTrouble(f"{type(error).__name__}: {error}") from error
    return Page(statuses, answer.headers.get(CONTINUATION_TOKEN) or None)
