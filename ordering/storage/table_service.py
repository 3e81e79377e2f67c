"""The table service of an account, over the SDK's pipeline: identity, retries, hooks, transport."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import Any

from azure.core import PipelineClient
from azure.core.credentials import AzureSasCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import (
    AzureSasCredentialPolicy,
    BearerTokenCredentialPolicy,
    CustomHookPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.rest import HttpRequest

from ordering.storage import batches, failures
from ordering.storage.accounts import Account, AccountKey, SharedAccessSignature
from ordering.storage.connections import ShortRetries, transport_to
from ordering.storage.shared_key import SharedKeyPolicy
from ordering.storage.transport import Answer

# Of all clouds: https://learn.microsoft.com/azure/storage/blobs/authorize-access-azure-active-directory
SCOPE = "https://storage.azure.com/.default"
HEADERS = {"x-ms-version": "2019-02-02", "DataServiceVersion": "3.0"}
WRITE = {
    **HEADERS,
    "Accept": "application/json;odata=nometadata",
    "Content-Type": "application/json",
    "Prefer": "return-no-content",
}
_READERS = 16


class TableService:
    """The tables of a storage account, to be opened once per process. Safe to share.

    `hooks` are the SDK's raw_request_hook and raw_response_hook, called for each try.
    """

    def __init__(self, account: Account, **hooks: Any) -> None:
        self.account = account
        self._pipeline = _open_pipeline(account, **hooks)
        self.readers = ThreadPoolExecutor(_READERS, thread_name_prefix="tables")

    def send(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None, what: str
    ) -> Answer:
        """Return the service's answer; raises StorageUnavailable if there is none."""
        url = f"{self.account.table_url}/{path}"
        request = HttpRequest(method, url, headers=dict(headers), content=content)
        try:
            answer: Answer = self._pipeline.send_request(request)
        except AzureError as error:
            raise failures.unreachable(self.account, what, error) from None
        return answer

    def make_table(self, name: str) -> None:
        """Make a table, unless another thread or process was faster."""
        what = f"table {name}"
        answer = self.send("POST", "Tables", WRITE, json.dumps({"TableName": name}).encode(), what)
        code = error_code(answer)
        if code not in ("", "TableAlreadyExists"):
            raise failures.refused(self.account, what, answer.status_code, code)


def error_code(answer: Answer) -> str:
    """Return the code of an error, empty for an answer that is none."""
    if answer.status_code < 400:
        return ""
    code, _ = batches.error_in(answer.content)
    return code or answer.headers.get("x-ms-error-code") or str(answer.status_code)


class DatePolicy(SansIOHTTPPolicy[Any, Any]):
    """Dates each try of a request: the service refuses what is older than 15 minutes."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Put the time into the header x-ms-date."""
        request.http_request.headers["x-ms-date"] = formatdate(usegmt=True)


def _open_pipeline(account: Account, **hooks: Any) -> PipelineClient[HttpRequest, Answer]:
    # Without the policies for logs and traces, which nobody here asks for.
    return PipelineClient(
        account.table_url,
        transport=transport_to(account.table_url),
        policies=[
            UserAgentPolicy(sdk_moniker="place-order"),
            ShortRetries(),
            DatePolicy(),
            _proof_policy(account),
            CustomHookPolicy(**hooks),
        ],
    )


def _proof_policy(account: Account) -> Any:
    proof = account.proof
    if isinstance(proof, AccountKey):
        return SharedKeyPolicy(account.name, proof.key)
    if isinstance(proof, SharedAccessSignature):
        return AzureSasCredentialPolicy(AzureSasCredential(proof.signature))
    return BearerTokenCredentialPolicy(proof.credential(), SCOPE)
