"""Queues of the app's storage account, encoded as host.json says: base64."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)

from ordering.errors import Contention, StorageUnavailable
from ordering.storage import failures
from ordering.storage.accounts import Account
from ordering.storage.connections import TIMEOUTS, new_transport

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient

# What the trigger takes at once is sent one by one, so that the oldest come first; the rest at
# once, since a queue keeps no strict order anyway and a thousand must not take a minute.
_IN_ORDER = 32
_AT_ONCE = 16
MOST_PEEKED = 32
_MOST_PAGES = 20
_HIDDEN = 30  # seconds


@dataclass(frozen=True)
class QueuedMessage:
    """A message as it lies on a queue; `text` is what base64 stands for, if `raw` is that."""

    id: str
    text: str
    raw: str
    inserted: datetime
    expires: datetime
    dequeue_count: int

    @property
    def body(self) -> bytes:
        """What was sent; of a sender who did not encode it, what lies there."""
        return _body(self.raw)

    @property
    def encoded(self) -> bool:
        """Whether it lies there as base64, which the queue trigger wants."""
        try:
            b64decode(self.raw, validate=True)
        except ValueError:
            return False
        return True


class Queue:
    """A queue of a storage account. Safe to share between threads.

    Every method raises StorageUnavailable.
    """

    def __init__(self, account: Account, name: str, **hooks: Any) -> None:
        self.name = name
        self._account = account
        self._hooks = hooks

    def send(self, texts: Sequence[str]) -> None:
        """Send messages, the first ones first; make the queue if it is missing.

        Where it raises, some may be sent, and all may be sent again.
        """
        first, rest = texts[:_IN_ORDER], texts[_IN_ORDER:]
        try:
            for text in first:
                self._send(text)
            if rest:
                with ThreadPoolExecutor(_AT_ONCE) as pool:
                    list(pool.map(self._send, rest))
        except AzureError as error:
            raise trouble(self._account, self.name, error) from None

    def peek(self, most: int = MOST_PEEKED) -> list[QueuedMessage]:
        """Return the oldest messages, 32 at most, and leave them where they are."""
        try:
            found = self._client.peek_messages(max_messages=min(most, MOST_PEEKED))
        except ResourceNotFoundError:
            return []
        except AzureError as error:
            raise trouble(self._account, self.name, error) from None
        return [read_message(message) for message in found]

    def count(self) -> int:
        """Return about how many messages there are, hidden ones too; 0 without the queue."""
        try:
            return int(self._client.get_queue_properties().approximate_message_count or 0)
        except ResourceNotFoundError:
            return 0
        except AzureError as error:
            raise trouble(self._account, self.name, error) from None

    def take(self, message_id: str, use: Callable[[QueuedMessage], object]) -> bool:
        """Hand a message to `use`, then remove it; tell whether it was found.

        The service finds no message by its id: the oldest 640 are hidden until it comes, and
        shown again; if this breaks off, half a minute later. What `use` raises leaves the
        message where it is. Raises Contention if it may be among those that another hides.
        """
        hidden: list[Any] = []
        try:
            pages = self._client.receive_messages(
                messages_per_page=MOST_PEEKED, visibility_timeout=_HIDDEN
            ).by_page()
            for page in islice(pages, _MOST_PAGES):
                hidden += page
                for message in hidden[-MOST_PEEKED:]:
                    if message.id == message_id:
                        use(read_message(message))
                        with suppress(ResourceNotFoundError):
                            self._client.delete_message(message)
                        hidden.remove(message)
                        return True
            if self.count() > len(hidden):
                raise Contention(f"Message {message_id} may be one that another looks at now.")
        except ResourceNotFoundError:
            return False
        except AzureError as error:
            raise trouble(self._account, self.name, error) from None
        finally:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                list(pool.map(self._show, hidden))
        return False

    def _show(self, message: Any) -> None:
        # It becomes visible by itself, only later.
        with suppress(AzureError):
            self._client.update_message(message, visibility_timeout=0)

    @cached_property
    def _client(self) -> QueueClient:
        return queue_client(self._account, self.name, transport=new_transport(), **self._hooks)

    def _send(self, text: str) -> None:
        from azure.storage.queue import TextBase64EncodePolicy

        encoded = TextBase64EncodePolicy().encode(text)
        try:
            self._client.send_message(encoded)
        except ResourceNotFoundError:
            with suppress(ResourceExistsError):
                self._client.create_queue()
            self._client.send_message(encoded)


def open_queue(account: Account, name: str, **hooks: Any) -> Queue:
    """Return a queue of an account; makes no request.

    `hooks` are the SDK's raw_request_hook and raw_response_hook.
    """
    return Queue(account, name, **hooks)


def queue_client(account: Account, name: str, **options: Any) -> QueueClient:
    """Return the SDK's client for a queue, which keeps messages as they are: not encoded."""
    # Imported here only: it takes as long as all the rest of the app's storage.
    from azure.storage.queue import LinearRetry, QueueClient

    settings = {"retry_policy": LinearRetry(backoff=1, retry_total=2), **TIMEOUTS, **options}
    return QueueClient(account.queue_url, name, credential=account.credential(), **settings)


def trouble(account: Account, queue: str, error: AzureError) -> StorageUnavailable:
    """Return what an error of the SDK's client for a queue means."""
    code = getattr(error, "error_code", None)
    if isinstance(error, HttpResponseError) and error.status_code and code:
        text = str(getattr(code, "value", code))
        return failures.refused(account, f"queue {queue}", error.status_code, text)
    return failures.unreachable(account, f"queue {queue}", error)


def read_message(message: Any) -> QueuedMessage:
    """Return what a message of the SDK's client, which decodes nothing, says."""
    return QueuedMessage(
        id=str(message.id),
        text=_decoded(str(message.content)),
        raw=str(message.content),
        inserted=message.inserted_on,
        expires=message.expires_on,
        dequeue_count=int(message.dequeue_count or 0),
    )


def _decoded(raw: str) -> str:
    """Return a message's text, also of a sender who did not encode it."""
    return _body(raw).decode(errors="replace")


def _body(raw: str) -> bytes:
    try:
        return b64decode(raw, validate=True)
    except ValueError:
        return raw.encode()
