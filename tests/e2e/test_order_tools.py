"""The commands for orders and for the poison queue, as a person runs them."""

import os
import pty
import re
import subprocess
import sys

from tests.e2e.running_app import PATIENCE, RunningApp, order_for, unique
from tools.event_queue import notification
from tools.hosts import ROOT
from tools.processes import wait_until


def command(app: RunningApp, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=environment(app),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def environment(app: RunningApp) -> dict[str, str]:
    return {**os.environ, "ORDERS_URL": app.host.base_url, "AzureWebJobsStorage": app.storage}


def test_an_order_is_placed_watched_to_its_invoice_and_shown(app: RunningApp) -> None:
    order_id, sku = unique("order"), app.stock(2)
    placed = command(
        app, "tools.orders", "place", "--id", order_id, "--item", f"{sku}=2", "--watch"
    )
    assert placed.returncode == 0, placed.stdout + placed.stderr
    assert f"Placed {order_id}." in placed.stdout
    assert re.search(r"^\d\d:\d\d:\d\d  CheckAndReserveInventory done$", placed.stdout, re.M)
    assert f"{order_id}: Invoiced" in placed.stdout
    assert "20.00 EUR" in placed.stdout
    assert "\033" not in placed.stdout

    shown = command(app, "tools.orders", "show", order_id)
    assert shown.returncode == 0 and "stage            Invoiced" in shown.stdout


def test_a_watched_order_that_is_cancelled_ends_with_exit_code_3(app: RunningApp) -> None:
    order_id, _, _ = app.pause_order()
    watching = subprocess.Popen(
        [sys.executable, "-m", "tools.orders", "watch", order_id],
        cwd=ROOT,
        env=environment(app),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout
    seen = ""
    while "waits for Proceed or Cancel until" not in seen:
        line = watching.stdout.readline()
        assert line, seen
        seen += line
    assert f"{order_id}: AwaitingProceed, attempt 1" in seen
    app.events.send(order_id, "Cancel")
    rest, _ = watching.communicate(timeout=PATIENCE)
    assert watching.returncode == 3
    assert "event Cancel came" in rest and f"{order_id}: Cancelled\n" in rest


def test_watching_on_a_terminal_stays_on_one_screen(app: RunningApp) -> None:
    order_id, sku, _ = app.pause_order()
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "tools.orders", "watch", order_id],
        cwd=ROOT,
        env={**environment(app), "TERM": "xterm", "COLUMNS": "80", "LINES": "24"},
        stdout=theirs,
    ) as watching:
        os.close(theirs)
        printed = b""
        restocked = False
        while True:
            try:
                chunk = os.read(ours, 4096)
            except OSError:  # the other end is closed: Linux answers EIO
                break
            if not chunk:
                break
            printed += chunk
            if b"AwaitingProceed" in printed and not restocked:
                app.call("POST", f"/api/inventory/{sku}/restock", {"quantity": 1})
                restocked = True
        assert watching.wait(PATIENCE) == 0
    os.close(ours)
    last_screen = printed.decode().split("\033[J")[-2]
    assert re.match(r"\r?\033\[\d+A", last_screen.lstrip("\r\n"))
    assert f"{order_id}: Invoiced" in last_screen
    assert "ProcessPayment done" in last_screen


def test_a_given_up_message_is_listed_and_delivered_by_a_replay(app: RunningApp) -> None:
    order_id, sku, _ = app.pause_order()
    app.set_stock(sku, 1)
    text = notification(order_id, "Proceed", unique("plain"))
    # What a sender that forgot base64 leaves behind after its five tries.
    app.events.send_raw_poison(text)
    listed = command(app, "tools.events", "list-poison")
    assert listed.returncode == 0 and text in listed.stdout
    found = re.findall(r"^(\S+)  given up.*\n  (.*)$", listed.stdout, re.M)
    [message_id] = [message_id for message_id, body in found if body == text]
    replayed = command(app, "tools.events", "replay-poison", message_id)
    assert replayed.returncode == 0, replayed.stderr
    assert app.wait_for_end(order_id)["stage"] == "Invoiced"
    assert wait_until(lambda: text not in app.events.poison(), PATIENCE)


def test_an_order_that_the_app_refuses_is_one_clear_line(app: RunningApp) -> None:
    body = order_for("x")
    refused = command(app, "tools.orders", "place", "--id", body["orderId"], "--item", "nothing=1")
    assert refused.returncode == 1
    assert "items[0].sku is not in the catalogue" in refused.stderr
    assert refused.stderr.count("\n") == 1
