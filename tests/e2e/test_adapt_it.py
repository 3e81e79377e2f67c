"""The changes of docs/adapt-it.md, as they stand there, made to a copy of the project and run."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from durable_sdk import IS_2
from tests.e2e.running_app import PATIENCE, RunningApp, order_for, unique
from tools.azurite import Azurite
from tools.hosts import ROOT, Host, choose_host, free_port
from tools.processes import wait_until

PAGE = (ROOT / "docs/adapt-it.md").read_text(encoding="utf-8")
# Those of the steps and their neighbours: a change of the page touches none of them. What tries
# every order of events takes long, and is about EventWaits, which no change touches.
FAST = [
    "--ignore=tests/unit/orchestrators/test_event_waits.py",
    "--ignore=tests/unit/orchestrators/test_interleavings.py",
    "tests/unit/activities",
    "tests/unit/clients",
    "tests/unit/orchestrators",
    "tests/unit/test_function_app.py",
    "tests/unit/infra/test_app_settings.py",
    "tests/unit/infra/test_telemetry.py",
]


@dataclass(frozen=True)
class Change:
    """A section of the page: what it changes, and how a reader is told to try it."""

    title: str
    diff: str
    tests: list[str]


def changes() -> list[Change]:
    found = []
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        title = section.partition("\n")[0]
        diffs = re.findall(r"^```diff\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
        tried = re.findall(r"^Try it: `python -m pytest ([^`]+)`$", section, re.MULTILINE)
        assert len(diffs) == len(tried) == 1, f"{title}: {len(diffs)} diffs, {len(tried)} tries"
        found.append(Change(title, diffs[0], shlex.split(tried[0])))
    return found


CHANGES = changes()


def simulates(test: str) -> bool:
    """Tell whether a test of the page cannot run: with SDK 2.x there is no Simulation."""
    return IS_2 and test.startswith("tests/unit/orchestrators/")


class Copy:
    """A copy of the project, as a reader's clone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = self._git("ls-files", "-co", "--exclude-standard", cwd=ROOT).splitlines()
        for name in listed:
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        (folder / "node_modules").symlink_to(ROOT / "node_modules", target_is_directory=True)
        self._git("init", "--quiet")

    def apply(self, change: Change) -> None:
        (self.folder / "change.diff").write_text(change.diff, encoding="utf-8")
        self._git("apply", "change.diff")
        (self.folder / "change.diff").unlink()

    def pytest(self, *arguments: str) -> None:
        """Run tests of the copy with its own code; they must all pass."""
        self.run("-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments)

    def run(self, *arguments: str) -> None:
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTEST", "AzureWebJobs"))
        }
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]

    def _git(self, *arguments: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=cwd or self.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, f"git {shlex.join(arguments)}: {done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """One copy for all: its changes are made one after the other, as on the page."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("This is no git work tree.")
    return Copy(tmp_path_factory.mktemp("clone"))


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.title)
def test_a_change_applies_and_its_tests_pass(copy: Copy, change: Change) -> None:
    copy.apply(change)
    if tests := [each for each in change.tests if not simulates(each)]:
        copy.pytest(*tests)


def test_no_other_test_sees_the_changes(copy: Copy) -> None:
    simulated = [each for change in CHANGES for each in change.tests if simulates(each)]
    copy.pytest(*FAST, *(f"--ignore={each}" for each in simulated))
    copy.run("-m", "ruff", "check", "--no-cache", ".")
    copy.run("-m", "ruff", "format", "--check", "--no-cache", ".")


class ChangedApp(RunningApp):
    """The changed copy at work, with a queue that orders come from and one that parcels go to."""

    def __init__(self, storage: str, folder: Path, app_root: Path) -> None:
        super().__init__(storage, folder)
        self.host = Host(
            choose_host(os.environ.get("HOST", "auto")),
            port=free_port(),
            storage=storage,
            state=folder / "state.db",
            output=folder / "host.log",
            app_root=app_root,
            settings={"PAYMENT_GATEWAY": "on-account"},
        )
        policies = {
            "message_encode_policy": TextBase64EncodePolicy(),
            "message_decode_policy": TextBase64DecodePolicy(),
        }
        self.orders, self.shipments = (
            QueueClient.from_connection_string(storage, name, **policies)
            for name in ("order-queue", "shipments")
        )

    def shipped(self) -> list[str]:
        """Return the parcels that the warehouse is to pack."""
        messages = self.shipments.peek_messages(max_messages=32)
        return [json.loads(message.content)["shipmentId"] for message in messages]


@pytest.fixture
def changed(
    copy: Copy, azurite: Azurite, storage_accounts: Iterator[str], tmp_path: Path
) -> Iterator[ChangedApp]:
    app = ChangedApp(azurite.connection_string(next(storage_accounts)), tmp_path, copy.folder)
    app.orders.create_queue()
    app.host.start()
    try:
        yield app
    finally:
        app.host.stop()
        for queue in (app.events, app.orders, app.shipments):
            queue.close()


def test_a_large_order_from_the_queue_is_approved_charged_and_shipped(
    changed: ChangedApp,
) -> None:
    sku, order_id = changed.stock(5, unit_price=60_000), unique("large")
    body = order_for(sku, 2, orderId=order_id, paymentMethod="on-account")
    changed.orders.send_message(json.dumps(body))

    def accepted() -> bool:
        return changed.call("GET", f"/api/orders/{order_id}").status == 200

    assert wait_until(accepted, PATIENCE), changed.tail()
    waiting = changed.wait_for(order_id, "AwaitingApproval")
    assert waiting["waitingFor"] == ["Approve", "Cancel"] and waiting["until"]
    assert changed.available(sku) == 3, "it keeps its stock"

    answer = changed.call("POST", f"/api/orders/{order_id}/events/approve")
    assert answer.json() == {"orderId": order_id, "event": "Approve"}

    invoice = changed.wait_for(order_id, "Invoiced")["invoice"]
    assert (invoice["total"], invoice["paymentReference"]) == (120_000, f"account-{order_id}")
    assert changed.shipped() == [f"SHIP-{order_id}"]
    steps = changed.call("GET", f"/api/orders/{order_id}/history").json()
    kinds = [step["type"] for step in steps if step["type"] not in ("wait", "event")]
    assert kinds == ["placed", "check", "PriceOrder", "payment", "ShipOrder", "end"]


def test_an_order_of_a_kind_that_was_not_changed_goes_as_before(changed: ChangedApp) -> None:
    sku = changed.stock(1)
    body = order_for(sku, 2, paymentMethod="on-account")
    changed.place(body)
    changed.wait_for(body["orderId"], "AwaitingProceed")
    changed.call("POST", f"/api/inventory/{sku}/restock", {"quantity": 1})
    changed.wait_for(body["orderId"], "Invoiced")
    declined = order_for(changed.stock(1), paymentMethod="pm_card_visa")
    changed.place(declined)
    assert changed.wait_for_end(declined["orderId"])["stage"] == "PaymentDeclined"
    assert changed.shipped() == [f"SHIP-{body['orderId']}"]
