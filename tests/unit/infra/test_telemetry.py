"""What the queries and the alert look for is what the app and the host write."""

import json
import re

import pytest

from orchestrators.steps import REFUND_PAYMENT, RELEASE_INVENTORY
from ordering.shop import POISON_QUEUE
from tools.hosts import ROOT

HOST = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
QUERIES = sorted((ROOT / "docs/queries").glob("*.kql"))


def query(name: str) -> str:
    return (ROOT / f"docs/queries/{name}.kql").read_text(encoding="utf-8")


def source(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_what_the_alert_reads_is_not_sampled() -> None:
    sampling = HOST["logging"]["applicationInsights"]["samplingSettings"]
    assert sampling["isEnabled"] is True
    assert set(sampling["excludedTypes"].split(";")) == {"Exception", "Request"}
    assert "requests" in query("failed-orders")


def test_the_hosts_line_of_a_failed_order_passes_its_level() -> None:
    # EndToEndTraceHelper.FunctionFailed writes it as an error.
    assert HOST["logging"]["logLevel"]["Host.Triggers.DurableTask"] == "Warning"


def test_durable_tracing_is_what_every_bundle_in_range_understands() -> None:
    tracing = HOST["extensions"]["durableTask"]["tracing"]
    assert tracing == {"distributedTracingEnabled": True, "version": "V2"}
    lowest = re.match(r"\[4\.(\d+)\.", HOST["extensionBundle"]["version"])
    # The extension's source knew V2 in October 2024 (DurableDistributedTracingVersion.cs).
    assert lowest and int(lowest[1]) >= 26


def test_the_queries_ask_for_functions_of_the_app() -> None:
    names = {"PlaceOrder", REFUND_PAYMENT, RELEASE_INVENTORY}
    asked = {
        name
        for path in QUERIES
        for name in re.findall(
            r'"([A-Z][a-z]+[A-Z]\w+)"', re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
        )
    }
    assert asked == names
    assert {'"PlaceOrder"'} == set(
        re.findall(r'@bp\.function_name\(("\w+")\)', source("orchestrators/place_order.py"))
    )


def test_a_business_end_raises_no_alert() -> None:
    statuses = re.findall(r'== "(Failed|Completed|Terminated|Canceled)"', query("failed-orders"))
    assert statuses == ["Failed", "Failed"]


def test_there_is_one_alert_for_each_order_that_the_query_names() -> None:
    alert = source("infra/modules/alerts.bicep")
    dimension = re.findall(r"name: '(\w+)'\n +operator: 'Include'", alert)
    assert dimension == re.findall(r"by (\w+)$", query("failed-orders").strip())


@pytest.mark.parametrize(
    ("name", "fixed", "where"),
    [
        ("orders-waiting-longest", " is short: ", "activities/inventory.py"),
        ("poison-messages", f"moved to {POISON_QUEUE}", ""),
        ("poison-messages", "not delivered at try ", "clients/events.py"),
    ],
)
def test_the_lines_that_the_queries_look_for_are_logged(name: str, fixed: str, where: str) -> None:
    assert fixed in query(name)
    if where:
        assert fixed in source(where)
    else:
        assert 'log.error("Message %s moved to %s: %s", msg.id, POISON_QUEUE' in source(
            "clients/events.py"
        )


def test_the_last_try_is_that_of_host_json() -> None:
    tries = HOST["extensions"]["queues"]["maxDequeueCount"]
    assert f"not delivered at try {tries}" in query("poison-messages")
