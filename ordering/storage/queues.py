"""Sending events to waiting orders, over the queue that NotifyEvent reads."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.queue import LinearRetry, QueueClient, TextBase64EncodePolicy
from requests.adapters import HTTPAdapter

from ordering.errors import SettingsError, StorageUnavailable
from ordering.notifications import Notification

QUEUE = "event-queue"

# What the trigger takes at once is sent one by one, so that the oldest come first; the rest at
# once, since a queue keeps no strict order anyway and a thousand must not take a minute.
_IN_ORDER = 32
_AT_ONCE = 16


class EventQueue:
    """The event queue of a storage account. Safe to share between threads."""

    def __init__(self, connection_string: str) -> None:
        session = requests.Session()
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=4 * _AT_ONCE))
        transport: Any = RequestsTransport(session=session, session_owner=False)
        try:
            self._client = QueueClient.from_connection_string(
                connection_string,
                QUEUE,
                # As host.json's messageEncoding; the package's own default is plain text, which
                # never reaches the function (azure-sdk-for-net#21449).
                message_encode_policy=TextBase64EncodePolicy(),
                retry_policy=LinearRetry(backoff=1, retry_total=2),
                transport=transport,
                connection_timeout=3,
                read_timeout=10,
            )
        except ValueError:
            # The error's own text may hold the account's key.
            raise SettingsError(
                "AzureWebJobsStorage is not a connection string of a storage account with queues."
            ) from None

    def send(self, notifications: Sequence[Notification]) -> None:
        """Send notifications, the first ones first; make the queue if it is missing.

        Raises StorageUnavailable; some may be sent then, and all may be sent again.
        """
        first, rest = notifications[:_IN_ORDER], notifications[_IN_ORDER:]
        try:
            for notification in first:
                self._send(notification)
            if rest:
                with ThreadPoolExecutor(_AT_ONCE) as pool:
                    list(pool.map(self._send, rest))
        except AzureError as error:
            raise StorageUnavailable(
                f"Queue storage failed ({type(error).__name__}, queue {QUEUE}). "
                "Locally: is Azurite running?"
            ) from error

    def _send(self, notification: Notification) -> None:
        text = notification.to_text()
        try:
            self._client.send_message(text)
        except ResourceNotFoundError:
            try:
                self._client.create_queue()
            except ResourceExistsError:
                pass
            self._client.send_message(text)
