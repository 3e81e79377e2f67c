"""The commands of a person, run as a person runs them."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.running_app import PATIENCE, RunningApp
from tools.azurite import Azurite
from tools.hosts import ROOT, free_port, port_is_free
from tools.http_client import request
from tools.processes import wait_until


def none_mentions(text: str) -> bool:
    """Tell whether the command line of no process on this machine holds a text.

    One that was killed may be seen for as long as the system takes to clear it away.
    """

    def gone() -> bool:
        listing = subprocess.run(["ps", "-wweo", "args"], capture_output=True, text=True).stdout
        return text not in listing

    return wait_until(gone, PATIENCE)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """Run the demo once, its temporary files in a folder of its own."""
    folder = tmp_path_factory.mktemp("demo")
    finished = subprocess.run(
        [sys.executable, "-m", "tools.demo"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=2 * PATIENCE,
    )
    finished.args = folder
    return finished


def test_the_demo_tells_the_story_to_its_end(demo: subprocess.CompletedProcess[str]) -> None:
    assert demo.returncode == 0, demo.stdout + demo.stderr
    titles = re.findall(r"^\d\. .*$", demo.stdout, re.MULTILINE)
    assert [title[0] for title in titles] == list("1234567")
    assert '{"instanceID": "demo-1", "EventName": "Proceed"' in demo.stdout
    invoice = json.loads(re.findall(r"^   \{\n.*^   \}\n", demo.stdout, re.DOTALL | re.M)[-1])
    assert invoice["orderId"] == "demo-1"
    assert invoice["total"] == 2 * 49900 + 3 * 1890
    assert "Total" in demo.stdout
    assert "\033" not in demo.stdout, "colour is for terminals"


def test_the_demo_leaves_nothing_behind(demo: subprocess.CompletedProcess[str]) -> None:
    folder = Path(str(demo.args))
    assert list(folder.iterdir()) == []
    assert none_mentions(str(folder))


def test_the_demo_fails_loudly_when_a_step_does_not_happen() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "tools.demo"],
        cwd=ROOT,
        env={**os.environ, "AzureWebJobs.SetInventory.Disabled": "true"},
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
    )
    assert finished.returncode == 1
    assert "The demo failed. PUT http" in finished.stderr
    assert "answered 4" in finished.stderr
    assert "The host's last lines:" in finished.stderr
    assert "2. Place" not in finished.stdout


def test_the_demo_fails_loudly_when_its_host_cannot_start() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "tools.demo"],
        cwd=ROOT,
        env={**os.environ, "HOST": "none"},
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
    )
    assert finished.returncode == 2
    assert "HOST=none is unknown" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_the_demo_says_what_is_short(demo: subprocess.CompletedProcess[str]) -> None:
    assert "   short      espresso-machine: 1 missing\n" in demo.stdout


def start_demo(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tools.demo"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )


def test_the_demo_ends_quietly_when_nobody_reads_on(tmp_path: Path) -> None:
    with start_demo(tmp_path) as process:
        assert process.stdout and process.stderr
        assert process.stdout.readline() == "One order, from missing stock to its invoice\n"
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(PATIENCE) == 141
    assert list(tmp_path.iterdir()) == [] and none_mentions(str(tmp_path))


def test_ctrl_c_stops_the_demo_and_all_that_it_started(tmp_path: Path) -> None:
    with start_demo(tmp_path) as process:
        assert process.stdout and process.stderr
        while "1. Put stock in" not in (line := process.stdout.readline()):
            assert line
        process.send_signal(signal.SIGINT)
        told = "\nThe demo was interrupted; everything is stopped.\n"
        assert process.stderr.read() == told
        assert process.wait(PATIENCE) == 130
    assert list(tmp_path.iterdir()) == [] and none_mentions(str(tmp_path))


class Running:
    """`make run` on a port and in a folder of its own."""

    def __init__(self, storage: str, folder: Path) -> None:
        self.port = free_port()
        self.log = folder / "run.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tools.run"],
                cwd=ROOT,
                env={
                    **os.environ,
                    "AzureWebJobsStorage": storage,
                    "PORT": str(self.port),
                    "DATA": str(folder / "data"),
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def text(self) -> str:
        return self.log.read_text()

    def wait_for(self, text: str, times: int = 1) -> None:
        """Wait until it has printed a text, so many times."""
        assert wait_until(lambda: self.text().count(text) >= times, PATIENCE), self.text()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert wait_until(lambda: port_is_free(self.port), PATIENCE)


@pytest.fixture
def running(storage: str, tmp_path: Path) -> Iterator[Running]:
    """A run that the test may end."""
    running = Running(storage, tmp_path)
    running.wait_for("Ready on http")
    yield running
    running.kill()


@pytest.fixture(scope="module")
def lasting(
    azurite: Azurite, storage_accounts: Iterator[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A run that outlives the tests which only look at it, or kill its host."""
    storage = azurite.connection_string(next(storage_accounts))
    running = Running(storage, tmp_path_factory.mktemp("lasting"))
    running.wait_for("Ready on http")
    yield running
    running.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_serves_until_it_is_interrupted_and_leaves_nothing_running(
    running: Running, tmp_path: Path, number: int
) -> None:
    url = f"http://127.0.0.1:{running.port}"
    assert request("GET", f"{url}/api/inventory").status == 200

    running.process.send_signal(number)

    assert running.process.wait(PATIENCE) == 0
    assert none_mentions(str(tmp_path))
    assert "Traceback" not in running.text()


def test_run_names_the_page_first_and_serves_it(lasting: Running) -> None:
    page = f"http://127.0.0.1:{lasting.port}/api/page"
    assert page in lasting.text().splitlines()[0]
    assert b"<!doctype html>" in request("GET", page).body


BACK = "The host is back"


def test_run_starts_a_host_again_that_was_killed(lasting: Running) -> None:
    if "emulator" not in lasting.text():
        pytest.skip("only the emulator has a crash button")
    url = f"http://127.0.0.1:{lasting.port}"
    before = lasting.text().count(BACK)
    for crashes in (1, 2):
        assert request("POST", f"{url}/admin/emulator/crash", {}).status == 202
        lasting.wait_for(BACK, before + crashes)
        assert request("GET", f"{url}/api/inventory").status == 200
    assert lasting.process.poll() is None


def host_of(running: Running) -> int:
    """Return the process id of the host itself, below its supervisor."""
    listing = subprocess.run(["ps", "-wweo", "pid,args"], capture_output=True, text=True).stdout
    found = [
        line.split(None, 1)
        for line in listing.splitlines()
        if f"functions_emulator start --port {running.port}" in line
    ]
    return next(int(pid) for pid, command in found if "supervisor.py" not in command)


def test_a_host_that_sigkill_ended_is_told_as_that_and_started_again(lasting: Running) -> None:
    if "emulator" not in lasting.text():
        pytest.skip("Core Tools end in ways of their own")
    told = "The host was ended by the signal SIGKILL (9). Starting it again"
    before = lasting.text().count(told), lasting.text().count(BACK)
    os.kill(host_of(lasting), signal.SIGKILL)
    lasting.wait_for(told, before[0] + 1)
    lasting.wait_for(BACK, before[1] + 1)
    assert "ended by itself" not in lasting.text()


def test_a_host_that_another_signal_ended_is_told_as_that(running: Running) -> None:
    if "emulator" not in running.text():
        pytest.skip("Core Tools end in ways of their own")
    os.kill(host_of(running), signal.SIGSEGV)
    running.wait_for("The host was ended by the signal SIGSEGV (11).")
    assert "ended by itself" not in running.text()


@pytest.mark.parametrize("last_read", ["/api/page", "Starting the host", "Ready on"])
def test_run_ends_quietly_when_nobody_reads_on(
    storage: str, tmp_path: Path, last_read: str
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tools.run"],
        cwd=ROOT,
        env={
            **os.environ,
            "AzureWebJobsStorage": storage,
            "PORT": str(free_port()),
            "DATA": str(tmp_path),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and process.stderr
        while last_read not in (line := process.stdout.readline()):
            assert line
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(PATIENCE) == 141
    assert none_mentions(str(tmp_path))


def test_a_host_that_nobody_starts_again_cannot_be_killed_over_http(app: RunningApp) -> None:
    assert app.call("POST", "/admin/emulator/crash", {}).status == 404


def test_run_on_a_taken_port_is_one_clear_line(app: RunningApp) -> None:
    port = app.host.base_url.rsplit(":", 1)[1]
    finished = subprocess.run(
        [sys.executable, "-m", "tools.run"],
        cwd=ROOT,
        env={**os.environ, "PORT": port},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert finished.returncode == 1
    assert finished.stderr.count("\n") == 1
    assert finished.stderr.startswith(f"Port {port} is in use.")


def test_an_event_sent_by_the_tool_resumes_an_order(app: RunningApp) -> None:
    order_id, sku, _ = app.pause_order()
    app.set_stock(sku, 1)
    finished = subprocess.run(
        [sys.executable, "-m", "tools.events", "send", order_id, "proceed", '{"by": "ann"}'],
        cwd=ROOT,
        env={**os.environ, "AzureWebJobsStorage": app.storage},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert finished.returncode == 0, finished.stderr
    assert f'"instanceID": "{order_id}"' in finished.stdout
    assert app.wait_for_end(order_id)["stage"] == "Invoiced"
