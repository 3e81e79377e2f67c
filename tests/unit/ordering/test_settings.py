import subprocess
import sys

import pytest

from ordering import settings
from ordering.errors import SettingsError
from ordering.payments.ledger import Ledger
from ordering.shop import open_gateway
from tools.hosts import ROOT


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


def stripe_is_chosen(monkeypatch: pytest.MonkeyPatch, **others: str) -> None:
    monkeypatch.delenv("STRIPE_API_BASE", raising=False)
    chosen = {"PAYMENT_GATEWAY": "stripe", "STRIPE_API_KEY": "sk_test_secret", **others}
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("text", ["", "ledger", " ledger "])
def test_the_ledger_takes_the_money_unless_another_gateway_is_set(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("PAYMENT_GATEWAY", text)
    assert isinstance(open_gateway(settings.payment_gateway()), Ledger)


def test_an_unknown_gateway_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYMENT_GATEWAY", "Stripe")
    with pytest.raises(
        SettingsError, match="PAYMENT_GATEWAY must be one of ledger, stripe.*, not 'Stripe'"
    ):
        settings.payment_gateway()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRIPE_API_KEY", ""),
        ("STRIPE_API_KEY", "sk test"),
        ("STRIPE_API_KEY", "sk\nx"),
        ("STRIPE_API_BASE", "localhost:8420"),
    ],
)
def test_a_wrong_stripe_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    stripe_is_chosen(monkeypatch, **{name: value})
    with pytest.raises(SettingsError, match=name) as caught:
        settings.payment_gateway()
    assert "sk" not in str(caught.value)


def test_stripe_is_chosen_by_its_settings_and_the_key_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stripe_is_chosen(monkeypatch, STRIPE_API_BASE="http://localhost:8420/")
    chosen = settings.payment_gateway()
    assert (chosen.name, chosen.api_key) == ("stripe", "sk_test_secret")
    assert chosen.api_base == "http://localhost:8420"
    assert "secret" not in repr(chosen)
    assert type(open_gateway(chosen)).__name__ == "StripeGateway"


def test_a_missing_package_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    stripe_is_chosen(monkeypatch)
    monkeypatch.delitem(sys.modules, "ordering.payments.stripe_gateway", raising=False)
    monkeypatch.setitem(sys.modules, "stripe", None)
    with pytest.raises(SettingsError, match=r"pip install -r requirements-stripe\.txt"):
        open_gateway(settings.payment_gateway())


def test_the_ledger_imports_no_stripe() -> None:
    code = "import sys, function_app; sys.exit('stripe' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
