"""The SDK's pipeline for requests to the table service: identity, retries, hooks, transport."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

from azure.core import PipelineClient
from azure.core.credentials import AzureSasCredential
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import (
    AzureSasCredentialPolicy,
    BearerTokenCredentialPolicy,
    CustomHookPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.rest import HttpRequest, HttpResponse

from ordering.storage.accounts import Account, AccountKey, SharedAccessSignature
from ordering.storage.connections import ShortRetries, new_transport
from ordering.storage.shared_key import SharedKeyPolicy

# Of all clouds: https://learn.microsoft.com/azure/storage/blobs/authorize-access-azure-active-directory
SCOPE = "https://storage.azure.com/.default"


class DatePolicy(SansIOHTTPPolicy[Any, Any]):
    """Dates each try of a request: the service refuses what is older than 15 minutes."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Put the time into the header x-ms-date."""
        request.http_request.headers["x-ms-date"] = formatdate(usegmt=True)


def open_pipeline(account: Account, **hooks: Any) -> PipelineClient[HttpRequest, HttpResponse]:
    """Return a client for the account's table service; makes no request.

    `hooks` are the SDK's raw_request_hook and raw_response_hook, called for each try. Neither
    requests nor answers are logged.
    """
    return PipelineClient(
        account.table_url,
        transport=new_transport(),
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
