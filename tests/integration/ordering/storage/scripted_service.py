"""A storage service that says what a test wants."""

import json
import ssl
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Reply:
    """What the service answers; nothing at all if the status is 0."""

    status: int
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def content(self) -> bytes:
        if self.body is not None:
            return self.body
        if not self.code:
            return b""
        error = {"code": self.code, "message": {"lang": "en-US", "value": f"{self.code} it is."}}
        return json.dumps({"odata.error": error}).encode()


class ScriptedService(ThreadingHTTPServer):
    """Gives its replies in turn, the last one for ever; remembers what it was asked."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, *replies: Reply, certificate: tuple[Path, Path] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies = list(replies)
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.connections = 0
        self._scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.server_port}/account"

    def connection(self, proof: str = "AccountKey=a2V5") -> str:
        return f"AccountName=account;{proof};TableEndpoint={self.url};QueueEndpoint={self.url}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ScriptedService

    def setup(self) -> None:
        self.server.connections += 1
        super().setup()

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        replies = self.server.replies
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if not reply.status:
            self.close_connection = True
            return
        content = reply.content()
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        if reply.code:
            self.send_header("x-ms-error-code", reply.code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass
