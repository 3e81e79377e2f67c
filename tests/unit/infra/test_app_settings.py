"""The app settings that infra gives, the code reads and the documentation names are the same."""

import re

import pytest

from ordering import settings
from ordering.storage.accounts import Identity
from ordering.storage.credentials import account_from_settings
from tests.unit.infra.bicep import MAIN, Bicep, app_settings
from tools.hosts import ROOT

# Read by the host alone, so named in no code of ours.
HOST_SETTINGS = {
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "DURABLE_TASK_SCHEDULER_CONNECTION_STRING",
    "AzureFunctionsJobHost__extensions__durableTask__hubName",
    "AzureFunctionsJobHost__extensions__durableTask__storageProvider__type",
    "AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName",
}
STORAGE_SETTINGS = {
    f"{settings.STORAGE}__{name}" for name in ("accountName", "credential", "clientId")
}
OWN = {
    value
    for name, value in vars(settings).items()
    if name.isupper() and isinstance(value, str) and re.fullmatch(r"[A-Z]+(_[A-Z]+)+", value)
}
# What main.bicep leaves empty keeps the default of the code.
EMPTY = dict.fromkeys(OWN, "")


def test_infra_gives_what_the_code_reads() -> None:
    assert app_settings() == OWN | STORAGE_SETTINGS | HOST_SETTINGS


def test_the_code_reads_no_setting_that_ordering_settings_does_not_name() -> None:
    # PYTHON_THREADPOOL_THREAD_COUNT is the worker's own; the others are of `requests`.
    known = OWN | {"PYTHON_THREADPOOL_THREAD_COUNT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
    parts = ("activities", "clients", "orchestrators", "ordering")
    files = [path for part in parts for path in (ROOT / part).rglob("*.py")]
    named = {
        name
        for path in [*files, ROOT / "durable_sdk.py", ROOT / "function_app.py"]
        if re.search(r"\bos\.environ\b", text := path.read_text(encoding="utf-8"))
        for name in re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', text)
    }
    assert named <= known
    assert named >= OWN


def test_the_documentation_names_each_setting() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    for name in OWN | {f"{settings.STORAGE}__accountName"}:
        assert f"`{name}`" in text, name


def test_the_documentation_names_each_azd_value() -> None:
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    parameters = (ROOT / "infra/main.parameters.json").read_text(encoding="utf-8")
    for name in re.findall(r"\$\{([A-Z_]+)", parameters):
        if not name.startswith("AZURE_"):
            assert f"`{name}`" in text, name
    assert all(f"`{name}`" in text for name in Bicep(MAIN).outputs)


def test_the_settings_of_infra_lead_to_storage_by_identity() -> None:
    given = {
        **EMPTY,
        "AzureWebJobsStorage__accountName": "storders",
        "AzureWebJobsStorage__credential": "managedidentity",
        "AzureWebJobsStorage__clientId": "11111111-2222-3333-4444-555555555555",
    }
    account = account_from_settings(given)
    assert account.table_url == "https://storders.table.core.windows.net"
    assert account.queue_url == "https://storders.queue.core.windows.net"
    assert account.proof == Identity(managed=True, client_id="11111111-2222-3333-4444-555555555555")


def test_the_empty_settings_of_infra_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    def read() -> list[object]:
        return [
            settings.order_wait_seconds(),
            settings.order_recheck_seconds(),
            settings.order_retention_days(),
            settings.sweep_schedule(),
            settings.archive_schedule(),
            settings.payment_gateway(),
        ]

    for name in OWN:
        monkeypatch.delenv(name, raising=False)
    defaults = read()
    for name in OWN:
        monkeypatch.setenv(name, "")
    assert read() == defaults
    monkeypatch.setenv(settings.PAYMENT_GATEWAY, "ledger")
    assert read() == defaults
