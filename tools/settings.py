"""Where the app's storage is, as the host would find it."""

from __future__ import annotations

import json
import os

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


def from_local_settings() -> str:
    """Return AzureWebJobsStorage of local.settings.json, or an empty string."""
    path = ROOT / "local.settings.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8")).get("Values", {})
    except FileNotFoundError:
        return ""
    except (ValueError, AttributeError) as error:
        raise ToolError(f"{path.name} is not a JSON object: {error}") from error
    return str(values.get("AzureWebJobsStorage", ""))
