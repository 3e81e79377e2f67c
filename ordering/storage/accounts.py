"""A storage account: where it is, and how the app proves who it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


@dataclass(frozen=True)
class AccountKey:
    """The key of the account, in base64."""

    key: str = field(repr=False)

    def __str__(self) -> str:
        return "the account key of the connection string"


@dataclass(frozen=True)
class SharedAccessSignature:
    """A signature that grants some rights for some time."""

    signature: str = field(repr=False)

    def __str__(self) -> str:
        return "the shared access signature of the connection string"


@dataclass(frozen=True)
class Identity:
    """A managed identity (`managed`), or whoever azure-identity finds: a developer's login."""

    managed: bool = False
    client_id: str = ""
    resource_id: str = ""
    tenant_id: str = ""
    client_secret: str = field(default="", repr=False)

    def __str__(self) -> str:
        who = self.client_id or self.resource_id
        if self.client_secret:
            return f"the app registration {who}"
        if self.managed:
            return f"the managed identity {who}" if who else "the app's system-assigned identity"
        return f"the identity {who}, or your own login" if who else "the app's identity or your own"

    def credential(self) -> TokenCredential:
        """Return what asks for tokens; makes no request."""
        # Imported here only: it takes longer than all others, and a key does not need it.
        from azure.identity import (
            ClientSecretCredential,
            DefaultAzureCredential,
            ManagedIdentityCredential,
        )

        if self.client_secret:
            return ClientSecretCredential(self.tenant_id, self.client_id, self.client_secret)
        if self.managed:
            named = {"resource_id": self.resource_id} if self.resource_id else None
            return ManagedIdentityCredential(
                client_id=self.client_id or None, identity_config=named
            )
        if self.client_id:
            return DefaultAzureCredential(managed_identity_client_id=self.client_id)
        return DefaultAzureCredential()


Proof: TypeAlias = AccountKey | SharedAccessSignature | Identity


@dataclass(frozen=True)
class Account:
    """A storage account; the URLs are those of its services, without a slash at the end."""

    name: str
    table_url: str
    queue_url: str
    proof: Proof

    def credential(self) -> Any:
        """Return the proof as the SDK's clients take it; makes no request."""
        if isinstance(self.proof, AccountKey):
            return AzureNamedKeyCredential(self.name, self.proof.key)
        if isinstance(self.proof, SharedAccessSignature):
            return AzureSasCredential(self.proof.signature)
        return self.proof.credential()


def account_of(url: str) -> str:
    """Return the name of the account that a service's URL belongs to."""
    parts = urlsplit(url)
    # An emulator has the account in the path.
    return parts.path.strip("/") or str(parts.hostname).partition(".")[0]
