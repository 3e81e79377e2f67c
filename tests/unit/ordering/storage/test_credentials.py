import pytest

from ordering.errors import SettingsError
from ordering.storage.accounts import AccountKey, Identity, SharedAccessSignature
from ordering.storage.credentials import (
    Account,
    account_from_connection_string,
    account_from_settings,
)

KEYED = "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=c2VjcmV0;"
TABLES = "https://shop.table.core.windows.net"
QUEUES = "https://shop.queue.core.windows.net"


def settings(**given: str) -> dict[str, str]:
    return {f"AzureWebJobsStorage__{name}": value for name, value in given.items()}


def test_a_connection_string_of_the_portal() -> None:
    text = KEYED + "EndpointSuffix=core.windows.net"
    assert account_from_settings({"AzureWebJobsStorage": text}) == Account(
        "shop", TABLES, QUEUES, AccountKey("c2VjcmV0")
    )


def test_the_clouds_of_other_countries() -> None:
    account = account_from_connection_string(KEYED + "EndpointSuffix=core.chinacloudapi.cn")
    assert account.table_url == "https://shop.table.core.chinacloudapi.cn"
    tables = "https://shop.table.core.usgovcloudapi.net"
    queues = "https://shop.queue.core.usgovcloudapi.net/"
    account = account_from_settings(settings(tableServiceUri=tables, queueServiceUri=queues))
    assert (account.name, account.table_url) == ("shop", tables)
    assert account.queue_url == queues.rstrip("/")


def test_a_shared_access_signature() -> None:
    text = (
        f"TableEndpoint={TABLES}/;QueueEndpoint={QUEUES};SharedAccessSignature=?sv=2&sig=c2VjcmV0"
    )
    assert account_from_connection_string(text) == Account(
        "shop", TABLES, QUEUES, SharedAccessSignature("sv=2&sig=c2VjcmV0")
    )


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("UseDevelopmentStorage=true", "http://127.0.0.1:10002/devstoreaccount1"),
        (
            "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://azurite",
            "http://azurite:10002/devstoreaccount1",
        ),
    ],
)
def test_development_storage_needs_no_more_than_its_short_name(text: str, url: str) -> None:
    account = account_from_connection_string(text)
    assert (account.name, account.table_url) == ("devstoreaccount1", url)


def test_an_account_name_is_all_that_an_identity_needs() -> None:
    assert account_from_settings(settings(accountName="shop")) == Account(
        "shop", TABLES, QUEUES, Identity()
    )


def test_a_connection_string_wins_over_a_name_and_a_name_over_addresses() -> None:
    given = settings(
        accountName="named", tableServiceUri="https://a.x", queueServiceUri="https://b.x"
    )
    assert account_from_settings(given).table_url == "https://named.table.core.windows.net"
    assert account_from_settings({**given, "AzureWebJobsStorage": KEYED}).name == "shop"
    assert account_from_settings({**given, "AzureWebJobsStorage": " "}).name == "named"


def test_case_does_not_matter_in_names_as_in_the_host() -> None:
    given = {"AZUREWEBJOBSSTORAGE__ACCOUNTNAME": "shop", "AzureWebJobsStorage__Clientid": "id"}
    assert account_from_settings(given).proof == Identity(client_id="id")


@pytest.mark.parametrize(
    ("given", "identity", "who"),
    [
        ({}, Identity(), "the app's identity or your own"),
        ({"clientId": "id"}, Identity(client_id="id"), "the identity id, or your own login"),
        (
            {"credential": "managedIdentity"},
            Identity(managed=True),
            "the app's system-assigned identity",
        ),
        (
            {"credential": "managedidentity", "clientId": "id", "clientSecret": "s"},
            Identity(managed=True, client_id="id"),
            "the managed identity id",
        ),
        (
            {"credential": "managedidentity", "managedIdentityResourceId": "/sub/id"},
            Identity(managed=True, resource_id="/sub/id"),
            "the managed identity /sub/id",
        ),
        (
            {"tenantId": "t", "clientId": "id", "clientSecret": "s3cret"},
            Identity(client_id="id", tenant_id="t", client_secret="s3cret"),
            "the app registration id",
        ),
    ],
)
def test_who_the_app_is(given: dict[str, str], identity: Identity, who: str) -> None:
    found = account_from_settings(settings(accountName="shop", **given)).proof
    assert found == identity
    assert str(found) == who


@pytest.mark.parametrize(
    ("proof", "kind"),
    [
        (Identity(), "DefaultAzureCredential"),
        (Identity(client_id="id"), "DefaultAzureCredential"),
        (Identity(managed=True, client_id="id"), "ManagedIdentityCredential"),
        (Identity(managed=True, resource_id="/sub/id"), "ManagedIdentityCredential"),
        (Identity(client_id="i", tenant_id="t", client_secret="s"), "ClientSecretCredential"),
    ],
)
def test_each_identity_has_its_credential(proof: Identity, kind: str) -> None:
    assert type(proof.credential()).__name__ == kind


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "AzureWebJobsStorage is missing.*local.settings.json.*AzureWebJobsStorage__accountNa"),
        (settings(tableServiceUri=TABLES), "__queueServiceUri is missing.*queue service"),
        (settings(queueServiceUri=QUEUES), "__tableServiceUri is missing.*table service"),
        (settings(blobServiceUri="https://b.x"), "__tableServiceUri is missing"),
        (
            settings(tableServiceUri="http://x.y", queueServiceUri=QUEUES),
            "__tableServiceUri must be the https URL",
        ),
        (
            settings(tableServiceUri=TABLES, queueServiceUri="https://x.y?sv=1&sig=c2VjcmV0"),
            "__queueServiceUri must be the https URL",
        ),
        (settings(accountName="shop", credential="key"), "__credential must be managedidentity"),
        (
            settings(accountName="shop", managedIdentityResourceId="/sub/id"),
            "__managedIdentityResourceId stands alone: set AzureWebJobsStorage__credential",
        ),
        (
            settings(
                accountName="shop",
                credential="managedidentity",
                clientId="id",
                managedIdentityResourceId="/sub/id",
            ),
            "remove AzureWebJobsStorage__clientId",
        ),
        (settings(accountName="shop", clientSecret="c2VjcmV0"), "__clientSecret needs"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_set(given: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        account_from_settings(given)
    assert "c2VjcmV0" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "c2VjcmV0",
        "AccountKey=c2VjcmV0",
        "AccountName=shop;Secret=c2VjcmV0",
        "AccountName=shop;AccountKey=c2VjcmV0!",
        "AccountName=shop;AccountKey=c2VjcmV0;AccountKey=c2VjcmV0",
        "TableEndpoint=c2VjcmV0;AccountName=shop;AccountKey=a2V5",
        "SharedAccessSignature=sig=c2VjcmV0",
        "UseDevelopmentStorage=c2VjcmV0",
    ],
)
def test_a_connection_string_that_is_none_is_reported_without_its_text(text: str) -> None:
    with pytest.raises(SettingsError, match="AzureWebJobsStorage is not a connection") as caught:
        account_from_settings({"AzureWebJobsStorage": text})
    assert "c2VjcmV0" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_account_can_be_a_key_and_shows_no_secret() -> None:
    texts = [
        KEYED,
        f"TableEndpoint={TABLES};QueueEndpoint={QUEUES};SharedAccessSignature=sig=c2VjcmV0",
    ]
    accounts = [account_from_connection_string(text) for text in texts]
    accounts.append(
        account_from_settings(
            settings(accountName="s", tenantId="t", clientId="i", clientSecret="c2VjcmV0")
        )
    )
    assert len({account: 1 for account in [*accounts, *accounts]}) == 3
    assert "c2VjcmV0" not in f"{accounts!r} {[str(account.proof) for account in accounts]}"
