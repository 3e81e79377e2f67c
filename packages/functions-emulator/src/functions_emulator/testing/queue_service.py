"""The REST interface of storage queues over queues in memory: as much as the SDKs need.

Keys are not checked, messages do not expire, and metadata and access policies are not kept.
"""

from __future__ import annotations

from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

from functions_emulator.testing.local_server import Answer, LocalServer
from functions_emulator.testing.memory_queues import MemoryQueues, QueueError, StoredMessage

ACCOUNT = "devstoreaccount1"
# Public, of every Azure Storage emulator: https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
# How long a request for messages waits for one. Shorter than what a stopping host waits.
PATIENCE = 0.3
_XML = {"Content-Type": "application/xml"}


class QueueService:
    """Serve queues in memory; blobs and tables are those of an Azurite on its usual ports."""

    def __init__(self) -> None:
        self.queues = MemoryQueues()
        self._server = LocalServer(self._handle)
        self.connection_string = (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
            f"BlobEndpoint=http://127.0.0.1:10000/{ACCOUNT};"
            f"QueueEndpoint={self._server.url}/{ACCOUNT};"
            f"TableEndpoint=http://127.0.0.1:10002/{ACCOUNT};"
        )

    def close(self) -> None:
        """Stop serving."""
        self._server.close()

    def _handle(self, method: str, path: str, body: bytes) -> Answer:
        url = urlsplit(path)
        query = {name.lower(): values[0] for name, values in parse_qs(url.query).items()}
        parts = [unquote(part) for part in url.path.strip("/").split("/")][1:]
        try:
            if not any(parts):
                return Answer(200, _listed(self.queues.names()), _XML)
            if len(parts) == 1:
                return self._queue(method, parts[0], query)
            if len(parts) == 2:
                return self._messages(method, parts[0], query, body)
            return self._message(method, parts[0], parts[2], query, body)
        except QueueError as error:
            text = f"<Error><Code>{error.code}</Code><Message>{error.code}</Message></Error>"
            return Answer(error.status, text.encode(), {**_XML, "x-ms-error-code": error.code})

    def _queue(self, method: str, name: str, query: dict[str, str]) -> Answer:
        if method == "PUT" and "comp" not in query:
            return Answer(201 if self.queues.create(name) else 204)
        if method == "DELETE":
            self.queues.delete(name)
            return Answer(204)
        count = {"x-ms-approximate-messages-count": str(self.queues.count(name))}
        return Answer(204) if method == "PUT" else Answer(200, headers=count)

    def _messages(self, method: str, name: str, query: dict[str, str], body: bytes) -> Answer:
        if method == "POST":
            delay = float(query.get("visibilitytimeout", 0))
            message = self.queues.put(name, _text(body) or "", delay)
            return Answer(201, _xml([message], "id inserted receipt"), _XML)
        if method == "DELETE":
            self.queues.clear(name)
            return Answer(204)
        most = int(query.get("numofmessages", 1))
        if query.get("peekonly") == "true":
            return Answer(200, _xml(self.queues.peek(name, most), "id inserted count text"), _XML)
        hidden_for = float(query.get("visibilitytimeout", 30))
        taken = self.queues.take(name, most, hidden_for, PATIENCE)
        return Answer(200, _xml(taken, "id inserted receipt count text"), _XML)

    def _message(
        self, method: str, name: str, id_: str, query: dict[str, str], body: bytes
    ) -> Answer:
        receipt = query.get("popreceipt", "")
        if method == "DELETE":
            self.queues.remove(name, id_, receipt)
            return Answer(204)
        hidden_for = float(query.get("visibilitytimeout", 0))
        message = self.queues.update(name, id_, receipt, hidden_for, _text(body))
        headers = {
            "x-ms-popreceipt": message.receipt,
            "x-ms-time-next-visible": format_datetime(message.visible, usegmt=True),
        }
        return Answer(204, headers=headers)


def _text(body: bytes) -> str | None:
    return (ElementTree.fromstring(body).findtext("MessageText") or "") if body else None


def _xml(messages: list[StoredMessage], what: str) -> bytes:
    root = ElementTree.Element("QueueMessagesList")
    for message in messages:
        values = {
            "id": {"MessageId": message.id},
            "inserted": {
                "InsertionTime": format_datetime(message.inserted, usegmt=True),
                # SDKs read it; nothing expires here.
                "ExpirationTime": "Fri, 31 Dec 9999 23:59:59 GMT",
            },
            "receipt": {
                "PopReceipt": message.receipt,
                "TimeNextVisible": format_datetime(message.visible, usegmt=True),
            },
            "count": {"DequeueCount": str(message.dequeue_count)},
            "text": {"MessageText": message.text},
        }
        element = ElementTree.SubElement(root, "QueueMessage")
        for part in what.split():
            for tag, value in values[part].items():
                ElementTree.SubElement(element, tag).text = value
    return ElementTree.tostring(root, encoding="unicode").encode()


def _listed(names: list[str]) -> bytes:
    root = ElementTree.Element("EnumerationResults")
    queues = ElementTree.SubElement(root, "Queues")
    for name in names:
        ElementTree.SubElement(ElementTree.SubElement(queues, "Queue"), "Name").text = name
    ElementTree.SubElement(root, "NextMarker")
    return ElementTree.tostring(root, encoding="unicode").encode()
