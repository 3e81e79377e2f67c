"""The JSON that the management API and the client binding hand out.

Source: durable-extension HttpApiHandler.cs, HttpManagementPayload.cs and BindingHelper.cs.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus

from functions_emulator.durable.instance import Status

BASE_PATH = "/runtime/webhooks/durabletask"
INSTANCE_ID_PLACEHOLDER = "INSTANCEID"
# AzureStorageOptions: the connection that is meant when host.json names none.
DEFAULT_CONNECTION = "Storage"


def management_urls(base_url: str, instance_id: str, hub_name: str) -> dict[str, str]:
    """Give the links to one instance; `base_url` is scheme, host and port."""
    instance = f"{base_url}{BASE_PATH}/instances/{quote_plus(instance_id)}"
    query = f"taskHub={quote_plus(hub_name)}&connection={DEFAULT_CONNECTION}"
    return {
        "id": instance_id,
        "statusQueryGetUri": f"{instance}?{query}",
        "sendEventPostUri": f"{instance}/raiseEvent/{{eventName}}?{query}",
        "terminatePostUri": f"{instance}/terminate?reason={{text}}&{query}",
        "rewindPostUri": f"{instance}/rewind?reason={{text}}&{query}",
        "purgeHistoryDeleteUri": f"{instance}?{query}",
        "restartPostUri": f"{instance}/restart?{query}",
        "suspendPostUri": f"{instance}/suspend?reason={{text}}&{query}",
        "resumePostUri": f"{instance}/resume?reason={{text}}&{query}",
    }


def check_status(base_url: str, instance_id: str, hub_name: str) -> dict[str, str]:
    """Give the body that answers a start: the extension leaves the rewind link out here."""
    urls = management_urls(base_url, instance_id, hub_name)
    del urls["rewindPostUri"]
    return urls


def grpc_client_binding(base_url: str, rpc_base_url: str, hub_name: str, message_bytes: int) -> str:
    """Give the JSON text that a durable client of SDK 2.x is made from.

    It takes and sends messages up to `message_bytes`.
    """
    binding: dict[str, Any] = json.loads(client_binding(base_url, rpc_base_url, hub_name))
    return json.dumps(
        {
            **binding,
            "connectionName": None,
            "httpBaseUrl": binding["baseUrl"],
            "maxGrpcMessageSizeInBytes": message_bytes,
            "grpcHttpClientTimeout": '"00:01:40"',
        }
    )


def client_binding(base_url: str, rpc_base_url: str, hub_name: str) -> str:
    """Give the JSON text that a function's durable client is made from."""
    orchestrators = f"{base_url}{BASE_PATH}/orchestrators/{{functionName}}[/{{instanceId}}]"
    return json.dumps(
        {
            "taskHubName": hub_name,
            "creationUrls": {
                "createNewInstancePostUri": f"{orchestrators}?",
                "createAndWaitOnNewInstancePostUri": (
                    f"{orchestrators}?timeout={{timeoutInSeconds}}"
                    "&pollingInterval={intervalInSeconds}&"
                ),
            },
            "managementUrls": management_urls(base_url, INSTANCE_ID_PLACEHOLDER, hub_name),
            "baseUrl": f"{base_url}{BASE_PATH}",
            "requiredQueryStringParameters": "",
            "rpcBaseUrl": rpc_base_url,
        }
    )


def status_payload(
    status: Status, show_input: bool = True, history: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Give the body of a status query; times have whole seconds, as the extension writes them."""
    payload = {
        "name": status.name,
        "instanceId": status.instance_id,
        "runtimeStatus": status.runtime_status,
        "input": from_json_text(status.input) if show_input else None,
        "customStatus": from_json_text(status.custom_status),
        "output": from_json_text(status.output),
        "createdTime": f"{status.created[:19]}Z",
        "lastUpdatedTime": f"{status.updated[:19]}Z",
    }
    if history is not None:
        payload["historyEvents"] = history
    return payload


def from_json_text(text: str | None) -> Any:
    """Read JSON text; none is null, and what is no JSON is text, as the extension shows it."""
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return text
