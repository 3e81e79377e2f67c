"""Connection strings of storage accounts, as the host reads them."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from azure.core.utils import parse_connection_string

from ordering.errors import SettingsError
from ordering.storage.accounts import (
    Account,
    AccountKey,
    Proof,
    SharedAccessSignature,
    account_of,
)

# https://learn.microsoft.com/azure/storage/common/storage-connect-azurite: the key is public.
_EMULATOR = "devstoreaccount1"
_EMULATOR_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)


def account_at(where: Account | str) -> Account:
    """Return an account, or the one that a connection string describes; raises SettingsError."""
    return account_from_connection_string(where) if isinstance(where, str) else where


@lru_cache(maxsize=64)
def account_from_connection_string(text: str) -> Account:
    """Return the account that a connection string describes; raises SettingsError."""
    try:
        given = parse_connection_string(text)
        if given.get("usedevelopmentstorage", "").lower() == "true":
            return _emulator(given.get("developmentstorageproxyuri", "http://127.0.0.1"))
        name = given.get("accountname", "")
        urls = {service: _url(given, name, service) for service in ("table", "queue")}
        if "accountkey" in given:
            b64decode(given["accountkey"], validate=True)
            proof: Proof = AccountKey(given["accountkey"])
            name = given["accountname"]
        else:
            proof = SharedAccessSignature(given["sharedaccesssignature"].lstrip("?"))
        return Account(name or account_of(urls["table"]), urls["table"], urls["queue"], proof)
    except (KeyError, ValueError):
        # The error's own text may hold the account's key.
        raise SettingsError(
            "The app setting AzureWebJobsStorage is not a connection string of a storage account. "
            "Copy it from the account's access keys; for Azurite it is UseDevelopmentStorage=true."
        ) from None


def _url(given: Mapping[str, str], name: str, service: str) -> str:
    url = given.get(f"{service}endpoint", "")
    if not url:
        if not name:
            raise KeyError("accountname")
        protocol = given.get("defaultendpointsprotocol", "https")
        suffix = given.get("endpointsuffix", "core.windows.net")
        url = f"{protocol}://{name}.{service}.{suffix}"
    if not urlsplit(url).hostname or urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(url)
    return url.rstrip("/")


def _emulator(host: str) -> Account:
    table, queue = (f"{host.rstrip('/')}:{port}/{_EMULATOR}" for port in (10002, 10001))
    return Account(_EMULATOR, table, queue, AccountKey(_EMULATOR_KEY))
