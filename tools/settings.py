"""Where the app's storage is, as the host would find it."""

from __future__ import annotations

import json
import os

from ordering.errors import SettingsError
from ordering.storage.credentials import (
    Account,
    account_from_connection_string,
    account_from_settings,
)
from tools.hosts import ROOT
from tools.processes import ToolError

DEVELOPMENT_STORAGE = "UseDevelopmentStorage=true"


def storage_connection() -> str:
    """Return AzureWebJobsStorage: from the environment, else from local.settings.json.

    The environment wins, as it does in Core Tools. Raises ToolError when neither has it.
    """
    connection = os.environ.get("AzureWebJobsStorage") or from_local_settings()
    if not connection:
        raise ToolError(
            "AzureWebJobsStorage is not set. Export it, or put it into local.settings.json under "
            f'"Values"; for Azurite it is {DEVELOPMENT_STORAGE}'
        )
    return connection


def storage_account(connection: str | None = None) -> Account:
    """Return the app's storage account: of a connection string, else as the settings say.

    Those of the environment if it has any for storage, else those of local.settings.json. Raises
    ToolError.
    """
    names = [name.lower() for name in os.environ]
    in_environment = any(name.startswith("azurewebjobsstorage") for name in names)
    try:
        if connection:
            return account_from_connection_string(connection)
        return account_from_settings(os.environ if in_environment else _local_settings())
    except SettingsError as error:
        if connection:
            raise ToolError(
                "The connection string is not one of a storage account. Copy it from the "
                "account's access keys."
            ) from None
        raise ToolError(str(error)) from None


def from_local_settings() -> str:
    """Return AzureWebJobsStorage of local.settings.json, or an empty string."""
    return _local_settings().get("AzureWebJobsStorage", "")


def _local_settings() -> dict[str, str]:
    path = ROOT / "local.settings.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8")).get("Values", {})
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError) as error:
        raise ToolError(f"{path.name} is not a JSON object: {error}") from error
    return {name: str(value) for name, value in values.items()}
