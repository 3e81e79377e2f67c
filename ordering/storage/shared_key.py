"""Signing requests to the table service with the account's key.

https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy


class SharedKeyPolicy(SansIOHTTPPolicy[Any, Any]):
    """Signs each request, which must have its x-ms-date; `key` is base64."""

    def __init__(self, account: str, key: str) -> None:
        super().__init__()
        self._account = account
        self._key = b64decode(key)

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Put the signature into the header Authorization."""
        headers = request.http_request.headers
        signature = self.signature(
            request.http_request.method,
            request.http_request.url,
            headers.get("Content-Type", ""),
            headers["x-ms-date"],
        )
        headers["Authorization"] = f"SharedKey {self._account}:{signature}"

    def signature(self, method: str, url: str, content_type: str, date: str) -> str:
        """Return the signature of a request that has no Content-MD5 and no query `comp`."""
        text = f"{method}\n\n{content_type}\n{date}\n/{self._account}{urlsplit(url).path}"
        return b64encode(hmac.digest(self._key, text.encode(), "sha256")).decode()
