"""The way of an identity, from its settings to storage that takes its tokens."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ordering.errors import StorageUnavailable
from ordering.storage.credentials import Account, account_from_settings
from ordering.storage.queues import open_queue
from ordering.storage.tables import Table, connect
from ordering.storage.transactions import Insert, Merge
from tests.integration.ordering.storage.scripted_service import Reply, ScriptedService
from tools.azurite import Azurite

Service = Callable[..., ScriptedService]
CLIENT_ID = "11111111-2222-3333-4444-555555555555"
RESOURCE_ID = "/subscriptions/s/resourceGroups/g/providers/p/userAssignedIdentities/shop"


@pytest.fixture(scope="module")
def secure_azurite(certificate: tuple[Path, Path]) -> Iterator[Azurite]:
    with Azurite(certificate=certificate) as running:
        yield running


@pytest.fixture
def tokens(
    service: Service, monkeypatch: pytest.MonkeyPatch, certificate: tuple[Path, Path]
) -> ScriptedService:
    """The endpoint that gives tokens to an app on Azure; its certificate authority is trusted."""
    found = service(Reply(200, body=json.dumps(token()).encode()))
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{found.server_port}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "header")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    return found


def token() -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "aud": "https://storage.azure.com",
        "iss": "https://sts.windows.net/tenant/",
        "iat": now - 60,
        "nbf": now - 60,
        "exp": now + 3600,
    }
    parts = ({"alg": "none", "typ": "JWT"}, claims, {})
    text = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    )
    return {
        "access_token": text,
        "expires_on": str(now + 3600),
        "resource": "https://storage.azure.com",
        "token_type": "Bearer",
        "client_id": CLIENT_ID,
    }


def account(tables: str, queues: str, **others: str) -> Account:
    given = {"tableServiceUri": tables, "queueServiceUri": queues, **others}
    return account_from_settings(
        {f"AzureWebJobsStorage__{name}": value for name, value in given.items()}
    )


@pytest.mark.parametrize(
    "identity",
    [
        {"credential": "managedidentity", "clientId": CLIENT_ID},
        {"credential": "managedidentity", "managedIdentityResourceId": RESOURCE_ID},
        {"credential": "managedidentity"},
        {"clientId": CLIENT_ID},
    ],
)
def test_an_identity_reads_and_writes(
    secure_azurite: Azurite, tokens: ScriptedService, identity: dict[str, str]
) -> None:
    who = account(secure_azurite.url("table"), secure_azurite.url("queue"), **identity)
    table = Table(connect(who), f"t{time.time_ns()}")
    assert table.insert({"PartitionKey": "p", "RowKey": "a"})
    changes = [
        Merge({"PartitionKey": "p", "RowKey": "a", "n": 1}),
        Insert({"PartitionKey": "p", "RowKey": "b"}),
    ]
    assert len(table.transact(changes)) == 2
    found = table.get("p", "a")
    assert found is not None and found["n"] == 1
    queue = open_queue(who, f"q{time.time_ns()}")
    queue.send(["hello"])
    assert [message.text for message in queue.peek()] == ["hello"]
    asked = parse_qs(urlsplit(tokens.asked[0][1]).query)
    assert asked["resource"] == ["https://storage.azure.com"]
    assert asked.get("client_id") == ([CLIENT_ID] if "clientId" in identity else None)
    assert asked.get("mi_res_id") == (
        [RESOURCE_ID] if "managedIdentityResourceId" in identity else None
    )
    assert len(tokens.asked) <= 2, "one token each for tables and queues"


@pytest.mark.parametrize("kind", ["table", "queue"])
def test_an_identity_without_a_role_is_told_which_one(
    kind: str, service: Service, tokens: ScriptedService, certificate: tuple[Path, Path]
) -> None:
    away = service(Reply(403, "AuthorizationPermissionMismatch"), certificate=certificate)
    who = account(away.url, away.url, credential="managedidentity", clientId=CLIENT_ID)
    with pytest.raises(StorageUnavailable) as caught:
        if kind == "table":
            Table(connect(who), "orders").insert({"PartitionKey": "p", "RowKey": "r"})
        else:
            open_queue(who, "event-queue").send(["text"])
    assert str(caught.value) == (
        f"{kind.capitalize()} storage answered 403 (AuthorizationPermissionMismatch, "
        f"{'table orders' if kind == 'table' else 'queue event-queue'}). Assign the role Storage "
        f"{kind.capitalize()} Data Contributor on the account account to the managed identity "
        f"{CLIENT_ID}; it takes effect within minutes."
    )


@pytest.mark.parametrize("kind", ["table", "queue"])
def test_an_identity_that_gets_no_token_is_told_what_to_check(
    kind: str, service: Service, tokens: ScriptedService, certificate: tuple[Path, Path]
) -> None:
    tokens.replies = [Reply(400, body=b'{"statusCode": 400, "message": "no such identity"}')]
    away = service(Reply(204), certificate=certificate)
    who = account(away.url, away.url, credential="managedidentity", clientId=CLIENT_ID)
    with pytest.raises(StorageUnavailable, match="no token .* managed identity.*az login"):
        if kind == "table":
            Table(connect(who), "orders").get("p", "r")
        else:
            open_queue(who, "event-queue").send(["text"])
    assert not away.asked
