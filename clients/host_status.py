"""What the host says of an order, told apart where the durable client does not."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit


class HostTrouble(Exception):
    """The host did not answer as it should; it says nothing of the order."""


async def find_status(client: Any, order_id: str) -> Any | None:
    """Return an order's DurableOrchestrationStatus, or None if the host knows no such order.

    Raises HostTrouble. The client makes a status of an error's answer too, as empty as that of a
    missing order but for the error's own fields (DurableOrchestrationClient.py, `get_status`).
    """
    try:
        status = await client.get_status(order_id)
    except Exception as error:
        raise HostTrouble(f"{type(error).__name__}: {error}") from error
    if status:
        return status
    told = {name.lower(): value for name, value in vars(status).items()}
    if trouble := told.get("exceptionmessage") or told.get("message"):
        raise HostTrouble(str(trouble))
    return None


def task_hub(client: Any) -> str:
    """Return the name of the task hub that a client talks to.

    From its links: `task_hub_name` is declared and never set (DurableOrchestrationClient.py).
    """
    link: str = client.create_http_management_payload("any")["statusQueryGetUri"]
    return parse_qs(urlsplit(link).query).get("taskHub", [""])[0]
