"""The commands for orders and for the poison queue, as a person runs them."""

import os
import pty
import re
import signal
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
    assert re.search(
        r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  stock check 1: reserved$", placed.stdout, re.M
    )
    assert f"{order_id}: Invoiced" in placed.stdout
    assert "20.00 EUR" in placed.stdout
    assert "\033" not in placed.stdout

    shown = command(app, "tools.orders", "show", order_id)
    assert shown.returncode == 0 and "\nstage    Invoiced\n" in shown.stdout


def test_a_watched_order_that_is_cancelled_ends_with_exit_code_3(app: RunningApp) -> None:
    order_id, sku, _ = app.pause_order()
    watching = subprocess.Popen(
        [sys.executable, "-m", "tools.orders", "watch", order_id],
        cwd=ROOT,
        env=environment(app),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout
    seen = ""
    while "short of" not in seen:
        line = watching.stdout.readline()
        assert line, seen
        seen += line
    assert f"{order_id}: AwaitingProceed, attempt 1" in seen
    assert f"short of {sku}: 1 missing\n" in seen
    assert seen.count("until") == 1
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
    assert "payment: charged 10.00 EUR" in last_screen


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


def test_a_shop_is_run_from_the_command_line(app: RunningApp) -> None:
    sku, order_id = unique("machine"), unique("order")

    def orders(*arguments: str, code: int = 0) -> str:
        finished = command(app, "tools.orders", *arguments)
        assert finished.returncode == code, finished.stdout + finished.stderr
        return finished.stdout + finished.stderr

    assert "say --description, --unit-price, --currency too" in orders(
        "stock", "set", sku, "--available", "2", code=2
    )
    price = ("--unit-price", "49900", "--currency", "EUR", "--description", "Machine")
    assert f"{sku}  Machine      499.00 EUR          2" in orders(
        "stock", "set", sku, "--available", "2", *price
    )
    orders("place", "--id", order_id, "--item", f"{sku}=46")
    app.wait_for(order_id, "AwaitingProceed")
    assert f"\nshort of   {sku}: 44 missing\n" in orders("show", order_id)
    listed = orders("list", "--stage", "AwaitingProceed", "--all")
    assert re.search(rf"^{order_id} +AwaitingProceed +20.* {sku}: 44 missing$", listed, re.M)
    assert re.search(rf"^{sku} .* 2     0        1$", orders("stock", "show"), re.M)

    orders("stock", "set", sku, "--available", "3")
    item = app.call("GET", f"/api/inventory/{sku}").json()
    assert (item["available"], item["unitPrice"]) == (3, 49900), "the rest stays as it was"
    assert f"Sent Proceed to {order_id}." in orders("proceed", order_id)
    assert wait_until(lambda: app.order(order_id)["attempt"] == 2, PATIENCE)
    assert f"{sku}: 43 missing" in orders("show", order_id)

    assert f"Woken: {order_id}\n" in orders("restock", sku, "43", "--delivery", unique("delivery"))
    app.wait_for(order_id, "Invoiced")
    assert "has already ended" in orders("cancel", order_id, code=1)

    late, _, _ = app.pause_order()
    orders("cancel", late, '"she left"')
    app.wait_for(late, "Cancelled")
    assert "was cancelled while it waited" in orders("show", late, code=3)


def test_a_list_goes_on_where_the_page_before_has_ended(app: RunningApp) -> None:
    waiting = {app.pause_order()[0] for _ in range(3)}
    seen: list[str] = []
    after: list[str] = []
    while True:
        page = command(
            app, "tools.orders", "list", "--stage", "AwaitingProceed", "--top", "2", *after
        )
        assert page.returncode == 0, page.stderr
        found = re.findall(r"^(\S+) +AwaitingProceed", page.stdout, re.M)
        assert len(found) <= 2
        seen += found
        token = re.search(r"--after (\S+)$", page.stdout.strip())
        if token is None:
            break
        after = ["--after", token[1]]
    assert waiting <= set(seen) and len(seen) == len(set(seen))


def test_ctrl_c_while_watching_is_quiet(app: RunningApp) -> None:
    order_id, _, _ = app.pause_order()
    with subprocess.Popen(
        [sys.executable, "-m", "tools.orders", "watch", order_id],
        cwd=ROOT,
        env=environment(app),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as watching:
        assert watching.stdout and watching.stderr
        watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        assert watching.stderr.read() == ""
        assert watching.wait(PATIENCE) == 130
