"""The queue that takes events for waiting orders, as a sender sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    ResourceExistsError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.storage.queue import (
    LinearRetry,
    QueueClient,
    TextBase64DecodePolicy,
    TextBase64EncodePolicy,
)

from ordering.errors import SettingsError
from ordering.model import is_order_id
from ordering.notifications import EVENT_NAMES, canonical_event_name
from ordering.storage.credentials import Account, account_at
from ordering.storage.queues import queue_client, trouble
from tools.processes import NoAnswer, ToolError, WrongUsage

QUEUE = "event-queue"
POISON_QUEUE = "event-queue-poison"

# The service's limit is 64 KiB of what travels, which base64 makes of 48 KiB.
MAXIMUM_BYTES = 48 * 1024


def notification(order_id: str, event_name: str, data: Any = None) -> str:
    """Return the text of a NotificationInfo; raises WrongUsage when NotifyEvent would refuse it."""
    if not is_order_id(order_id):
        raise WrongUsage(
            f"{order_id!r} is no order id: 1 to 100 letters, digits, '-' or '_', "
            "a letter or digit first."
        )
    canonical = canonical_event_name(event_name)
    if canonical is None:
        raise WrongUsage(f"{event_name!r} is no event. Orders know {' and '.join(EVENT_NAMES)}.")
    text = json.dumps({"instanceID": order_id, "EventName": canonical, "EventData": data})
    check_size(text)
    return text


def check_size(text: str) -> None:
    """Raise WrongUsage if a queue takes no message of this text."""
    if len(text.encode()) > MAXIMUM_BYTES:
        raise WrongUsage(f"The message has {len(text.encode())} bytes; a queue takes 48 KiB.")


@contextmanager
def open_queue(
    where: Account | str, name: str = QUEUE, *, as_it_is: bool = False
) -> Iterator[QueueClient]:
    """Give a client that encodes as the queue trigger expects: base64.

    `where` is an account or its connection string. The Python package's own default is plain
    text, which never reaches the function; `as_it_is` keeps to it, for a queue that holds what
    others have sent. Storage errors come out as ToolError.
    """
    encoding: dict[str, Any] = {
        "message_encode_policy": TextBase64EncodePolicy(),
        "message_decode_policy": TextBase64DecodePolicy(),
    }
    try:
        account = account_at(where)
    except SettingsError as error:
        raise ToolError(str(error)) from None
    client = queue_client(
        account,
        name,
        **({} if as_it_is else encoding),
        retry_policy=LinearRetry(backoff=1, retry_total=2, random_jitter_range=0),
        connection_timeout=5,
    )
    with client:
        try:
            yield client
        except (ServiceRequestError, ServiceResponseError) as error:
            raise NoAnswer(
                f"No answer from {client.url.split('?')[0]}. Is the storage there? "
                "Locally, `make run` starts Azurite."
            ) from error
        except ClientAuthenticationError as error:
            raise ToolError(str(trouble(account, name, error))) from error
        except AzureError as error:
            reason = str(error.message).splitlines()[0]
            if "API version" in reason:
                # Azurite#2651: storage packages are often newer than Azurite.
                reason = "Azurite is too old for the storage package; --skipApiVersionCheck helps"
            raise ToolError(f"The queue {name} cannot be used: {reason}") from error


def send(client: QueueClient, text: str) -> None:
    """Send a message; make the queue when it does not exist yet."""
    try:
        client.create_queue()
    except ResourceExistsError:
        pass
    client.send_message(text)


def check(where: Account | str) -> None:
    """Raise ToolError unless the storage answers this machine's storage package."""
    with open_queue(where) as client:
        try:
            client.get_queue_properties()
        except ResourceNotFoundError:
            pass
