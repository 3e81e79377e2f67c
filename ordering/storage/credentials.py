"""The app's storage account: where it is, and how the app proves who it is.

By the host's own app settings, in the host's own order: a connection string wins, then
`accountName`, then the service URIs (azure-functions-host, StorageClientProvider). How an identity
is chosen is Microsoft.Extensions.Azure's ClientFactory.CreateCredential.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from ordering.errors import SettingsError
from ordering.settings import STORAGE
from ordering.storage.accounts import Account, Identity, account_of
from ordering.storage.connection_strings import account_at, account_from_connection_string

__all__ = ["Account", "account_at", "account_from_connection_string", "account_from_settings"]

_LOCALLY = "Locally, local.settings.json sets it to UseDevelopmentStorage=true."


def account_from_settings(environ: Mapping[str, str] = os.environ) -> Account:
    """Return the app's storage account; raises SettingsError."""
    connection_string = environ.get(STORAGE, "").strip()
    if connection_string:
        return account_from_connection_string(connection_string)
    # The host ignores case in the names of settings.
    start = f"{STORAGE}__".lower()
    given = {
        name.lower().removeprefix(start): value.strip()
        for name, value in environ.items()
        if name.lower().startswith(start)
    }
    proof = _identity(given)
    name = given.get("accountname", "")
    if name:
        tables, queues = (f"https://{name}.{each}.core.windows.net" for each in ("table", "queue"))
        return Account(name, tables, queues, proof)
    tables, queues = (_service_url(given, each) for each in ("table", "queue"))
    return Account(account_of(tables), tables, queues, proof)


def _service_url(given: Mapping[str, str], service: str) -> str:
    setting = f"{STORAGE}__{service}ServiceUri"
    url = given.get(f"{service}serviceuri", "").rstrip("/")
    if not url:
        if not {"tableserviceuri", "queueserviceuri", "blobserviceuri"} & given.keys():
            raise SettingsError(
                f"The app setting {STORAGE} is missing. {_LOCALLY} On Azure, with an identity, set "
                f"{STORAGE}__accountName instead."
            )
        raise SettingsError(
            f"The app setting {setting} is missing. Set it to the URL of the account's {service} "
            f"service, such as https://ACCOUNT.{service}.core.windows.net."
        )
    if urlsplit(url).scheme != "https" or not urlsplit(url).hostname or urlsplit(url).query:
        raise SettingsError(
            f"The app setting {setting} must be the https URL of the account's {service} service: "
            "an identity's token goes over nothing else. For a key or a shared access signature, "
            f"set {STORAGE} to a connection string."
        )
    return url


def _identity(given: Mapping[str, str]) -> Identity:
    kind = given.get("credential", "").lower()
    if kind not in ("", "managedidentity"):
        raise SettingsError(
            f"The app setting {STORAGE}__credential must be managedidentity, or be left out for "
            "a developer's login."
        )
    identity = Identity(
        managed=bool(kind),
        client_id=given.get("clientid", ""),
        resource_id=given.get("managedidentityresourceid", ""),
        tenant_id="" if kind else given.get("tenantid", ""),
        client_secret="" if kind else given.get("clientsecret", ""),
    )
    if identity.resource_id and (identity.client_id or not kind):
        raise SettingsError(
            f"The app setting {STORAGE}__managedIdentityResourceId stands alone: set "
            f"{STORAGE}__credential to managedidentity and remove {STORAGE}__clientId."
        )
    if identity.client_secret and not (identity.tenant_id and identity.client_id):
        raise SettingsError(
            f"The app setting {STORAGE}__clientSecret needs {STORAGE}__tenantId and "
            f"{STORAGE}__clientId too."
        )
    return identity
