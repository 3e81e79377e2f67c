import json
import os
from pathlib import Path

import pytest

from tools import settings
from tools.processes import ToolError


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("AzureWebJobsStorage", raising=False)
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    return tmp_path / "local.settings.json"


def test_the_environment_wins_over_the_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write_text(json.dumps({"Values": {"AzureWebJobsStorage": "file"}}))
    assert settings.storage_connection() == "file"
    monkeypatch.setenv("AzureWebJobsStorage", "environment")
    assert settings.storage_connection() == "environment"


@pytest.mark.parametrize("text", [None, "{}", '{"Values": {}}'])
def test_a_missing_connection_says_where_to_put_it(project: Path, text: str | None) -> None:
    if text is not None:
        project.write_text(text)
    with pytest.raises(ToolError, match="UseDevelopmentStorage=true"):
        settings.storage_connection()


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_damaged_file_is_named(project: Path, text: str) -> None:
    project.write_text(text)
    with pytest.raises(ToolError, match="local.settings.json is not a JSON object"):
        settings.storage_connection()


def test_the_account_is_that_of_the_option_then_of_the_environment_then_of_the_file(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in os.environ if each.lower().startswith("azurewebjobsstorage")]:
        monkeypatch.delenv(name)
    values = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}
    project.write_text(json.dumps({"Values": values}))
    assert settings.storage_account().name == "devstoreaccount1"
    monkeypatch.setenv("AzureWebJobsStorage__accountName", "shop")
    assert settings.storage_account().table_url == "https://shop.table.core.windows.net"
    option = "AccountName=mine;AccountKey=a2V5"
    assert settings.storage_account(option).name == "mine"


def test_an_identity_can_stand_in_the_file(project: Path) -> None:
    project.write_text(json.dumps({"Values": {"AzureWebJobsStorage__accountName": "shop"}}))
    assert settings.storage_account().name == "shop"


def test_a_wrong_connection_string_is_no_secret(project: Path) -> None:
    with pytest.raises(ToolError, match="connection string is not one") as caught:
        settings.storage_account("AccountName=x;Secret=topsecret")
    assert "topsecret" not in str(caught.value)
