import pytest

from ordering import settings
from ordering.errors import SettingsError


def test_orders_wait_a_week_and_are_looked_at_daily(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORDER_WAIT_SECONDS", raising=False)
    monkeypatch.setenv("ORDER_RECHECK_SECONDS", " ")
    assert settings.order_wait_seconds() == 7 * 24 * 3600
    assert settings.order_recheck_seconds() == 24 * 3600


def test_waits_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDER_WAIT_SECONDS", "10")
    monkeypatch.setenv("ORDER_RECHECK_SECONDS", "86400")
    assert settings.order_wait_seconds() == 10
    assert settings.order_recheck_seconds() == 86_400


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "a day", "86401", "9" * 5000, "\u0661"])
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("ORDER_RECHECK_SECONDS", text)
    with pytest.raises(SettingsError, match="ORDER_RECHECK_SECONDS must be a whole number"):
        settings.order_recheck_seconds()


def test_missing_storage_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AzureWebJobsStorage", raising=False)
    with pytest.raises(SettingsError, match=r"AzureWebJobsStorage is missing.*local\.settings"):
        settings.storage_connection_string()
