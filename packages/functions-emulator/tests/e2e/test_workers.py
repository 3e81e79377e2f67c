"""Worker processes: they share the work, die, block and talk; the host stays."""

import base64
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.storage.queue import QueueClient

from tests.e2e.sample_host import PATIENCE, SampleHost
from tests.support import in_thread, wait_until

MEGABYTE = 1024 * 1024


class WorkersHost(SampleHost):
    """The app that ends its workers, with its HTTP functions at hand."""

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__("workers", folder, **settings)

    def get(self, path: str, **arguments: Any) -> requests.Response:
        return requests.get(f"{self.host.base_url}/api/{path}", timeout=60, **arguments)

    def whoami(self) -> tuple[int, int, int]:
        """Return the worker's process id, how often it was asked, and its thread count."""
        pid, calls, threads = map(int, self.get("whoami").text.split())
        return pid, calls, threads

    def pids(self, count: int) -> set[int]:
        """Wait until so many workers have answered."""
        found: set[int] = set()

        def all_seen() -> bool:
            found.add(self.whoami()[0])
            return len(found) == count

        assert wait_until(all_seen, PATIENCE), found
        return found

    def any_pid(self) -> int:
        """Return the process id of a worker that answers, not of one that is just ending."""
        found: list[int] = []

        def answered() -> bool:
            answer = self.get("whoami")
            found.extend(map(int, answer.text.split()[:1] if answer.ok else []))
            return answer.ok

        assert wait_until(answered, PATIENCE)
        return found[0]

    def is_up(self) -> bool:
        answer = requests.get(f"{self.host.base_url}/admin/host/status", timeout=PATIENCE)
        return bool(answer.json()["state"] == "Running")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkersHost]:
    """One host for all tests that leave it as it was."""
    running = WorkersHost(tmp_path_factory.mktemp("workers"))
    with running.host:
        yield running


def kill(pid: int) -> None:
    """End a process as the system does when memory is short."""
    os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def block(host: WorkersHost, file: Path) -> None:
    """Call an async function that blocks; it gets no answer, or none of its own."""
    with suppress(OSError):
        assert not host.get("block", params={"file": str(file)}).ok


def wait_for_text(path: Path) -> str:
    """Wait until a function has written where it is, and return what it wrote."""
    assert wait_until(lambda: path.exists() and bool(path.read_text()), PATIENCE)
    return path.read_text()


def test_the_worker_has_the_hosts_thread_count_and_makes_threads_as_it_needs_them(
    host: WorkersHost,
) -> None:
    assert host.whoami()[2] == 1000
    assert int(host.get("threads").text) < 30


def test_a_worker_leaves_what_it_has_loaded_out_of_collections(host: WorkersHost) -> None:
    frozen, threshold = map(int, host.get("garbage").text.split())
    assert frozen > 10_000
    assert threshold == 10_000


def test_a_worker_that_is_killed_fails_its_request_and_is_replaced(
    host: WorkersHost, tmp_path: Path
) -> None:
    file = tmp_path / "here"
    thread, answers = in_thread(lambda: host.get("wait", params={"file": str(file)}))
    pid = int(wait_for_text(file))
    kill(pid)
    thread.join(PATIENCE)
    assert answers[0].status_code == 500
    assert host.is_up()
    assert host.whoami()[0] != pid
    assert f"Language Worker Process exited. Pid={pid}." in host.host.log
    assert re.search(r"Executed 'Functions\.wait' \(Failed, .*\nWorkerLost: ", host.host.log)


def test_a_worker_that_leaves_is_replaced_and_its_exit_code_is_told(host: WorkersHost) -> None:
    assert host.get("leave", params={"code": 7}).status_code == 500
    assert host.is_up()
    assert host.whoami()[1] == 1  # It starts afresh.
    assert "exited with code 7 (0x7)" in host.host.log


def test_a_crash_in_c_shows_where_it_was(host: WorkersHost) -> None:
    assert host.get("crash").status_code == 500
    assert host.whoami()[1] == 1
    # faulthandler of the worker.
    assert re.search(r'function_app\.py", line \d+ in crash', host.host.log)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="There is no fork on this platform.")
def test_a_process_that_the_app_forks_does_not_disturb_its_worker(host: WorkersHost) -> None:
    answer = host.get("fork")
    assert (answer.status_code, answer.text) == (200, "0")
    assert host.host.log.count(f"499 {'x' * 10_000}\n") == 2
    assert host.is_up()


def test_an_entitys_batch_whose_worker_ends_runs_again_and_counts_once(
    host: WorkersHost, tmp_path: Path
) -> None:
    data = json.dumps(json.dumps({"folder": str(tmp_path)}))
    headers = {"Content-Type": "application/json"}
    answer = host.call("POST", "/entities/tally/a?op=add", data=data, headers=headers)
    assert answer.status_code == 202, answer.text
    assert wait_until(lambda: host.call("GET", "/entities/tally/a").ok, PATIENCE), host.host.log
    assert host.call("GET", "/entities/tally/a").json() == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tried0", "tried1"]
    assert "@tally@a: the turn could not be taken and is tried again" in host.host.log


@pytest.mark.parametrize("how", ["leave", "kill"])
def test_an_activity_whose_worker_ends_runs_again(
    host: WorkersHost, tmp_path: Path, how: str
) -> None:
    instance_id = host.start("once", {"folder": str(tmp_path), "how": how})
    if how == "kill":
        kill(int(wait_for_text(tmp_path / "here")))
    ended = host.wait_for(instance_id)
    assert (ended["runtimeStatus"], ended["output"]) == ("Completed", "tried 2 times")
    assert f"{instance_id}: step runs again" in host.host.log


def test_a_large_body_comes_and_goes(host: WorkersHost) -> None:
    body = os.urandom(MEGABYTE) * 99 + b"the end"
    answer = requests.post(f"{host.host.base_url}/api/size", data=body, timeout=120)
    assert answer.headers["X-Size"] == str(len(body))
    assert answer.content == body[::-1]


def test_a_flood_of_lines_holds_up_neither_the_function_nor_the_host(host: WorkersHost) -> None:
    lines = 20_000
    with ThreadPoolExecutor(1) as pool:
        flooding = pool.submit(host.get, "flood", params={"lines": lines})
        while not flooding.done():
            began = time.monotonic()
            assert host.is_up()
            assert time.monotonic() - began < PATIENCE
        assert flooding.result().text == "flooded"
    last = f"printed line {lines - 1}\nwritten past Python\n"
    assert wait_until(lambda: last in host.host.log, PATIENCE)
    printed = re.findall(r"^printed line (\d+)$", host.host.log, re.MULTILINE)
    logged = re.findall(r"\] \[flood \w+\] line (\d+) of the flood$", host.host.log, re.MULTILINE)
    assert list(map(int, printed)) == list(map(int, logged)) == list(range(lines))


def test_two_workers_share_the_work_and_each_has_its_own_state(tmp_path: Path) -> None:
    host = WorkersHost(tmp_path, FUNCTIONS_WORKER_PROCESS_COUNT="2")
    with host.host:
        pids = host.pids(2)
        seen = [host.whoami() for _ in range(10)]
        assert [sum(pid == each for pid, *_ in seen) for each in pids] == [5, 5]
        for each in pids:  # Each counts its own calls.
            counts = [calls for pid, calls, _ in seen if pid == each]
            assert counts == list(range(counts[0], counts[0] + 5))


def test_with_two_workers_the_other_serves_while_one_is_replaced(tmp_path: Path) -> None:
    host = WorkersHost(tmp_path, FUNCTIONS_WORKER_PROCESS_COUNT="2")
    with host.host:
        first, second = host.pids(2)
        kill(first)
        assert wait_until(lambda: f"Pid={first}." in host.host.log, PATIENCE)
        assert host.whoami()[0] != first
        assert second in host.pids(2)


def test_a_queue_message_whose_worker_ends_comes_again(tmp_path: Path, storage: str) -> None:
    host = WorkersHost(tmp_path, AzureWebJobsStorage=storage)
    with QueueClient.from_connection_string(storage, "work") as queue, host.host:
        queue.create_queue()
        queue.send_message(base64.b64encode(str(tmp_path).encode()).decode())
        assert wait_until((tmp_path / "try2").exists, PATIENCE), host.host.log
        assert (tmp_path / "try1").exists()
        empty = lambda: queue.get_queue_properties().approximate_message_count == 0  # noqa: E731
        assert wait_until(empty, PATIENCE)


@pytest.mark.timeout(120)
def test_nothing_is_lost_while_workers_are_killed_under_load(tmp_path: Path) -> None:
    host = WorkersHost(tmp_path, FUNCTIONS_WORKER_PROCESS_COUNT="2")
    with host.host:
        folders = [tmp_path / f"order{number}" for number in range(12)]
        for folder in folders:
            folder.mkdir()
        starts = [host.start("once", {"folder": str(f), "how": "kill"}) for f in folders]
        for folder in folders:
            assert wait_until(lambda folder=folder: has_come(folder), PATIENCE)
            if folder is folders[-1]:
                kill(host.any_pid())
            (folder / "here.go").touch()  # For what runs again before it is the next one's turn.
            if folder is folders[0]:
                kill(int((folder / "here").read_text()))
        for instance_id in starts:
            ended = host.wait_for(instance_id)
            assert ended["runtimeStatus"] == "Completed"
        assert host.is_up()


def has_come(folder: Path) -> bool:
    """Tell whether an order has come to its place, or was killed on its way and has run again."""
    here = folder / "here"
    return (here.exists() and bool(here.read_text())) or (folder / "tried1").exists()


def assert_refused(port: int) -> None:
    def refused() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return True
        return False

    # A second or two, and whatever a busy machine adds to it.
    assert wait_until(refused, PATIENCE)


@pytest.mark.parametrize("busy", ["idle", "spins", "block"])
def test_a_killed_host_leaves_no_worker_behind(tmp_path: Path, busy: str) -> None:
    host = WorkersHost(tmp_path)
    file = tmp_path / "file"
    with host.host:
        port = int(host.get("listen").text)
        if busy == "spins":
            host.start("spins", {"file": str(file)})
        elif busy == "block":
            thread, _ = in_thread(lambda: block(host, file))
        assert busy == "idle" or wait_until(file.exists, PATIENCE)
        socket.create_connection(("127.0.0.1", port)).close()
        host.host.kill()
        assert_refused(port)
    if busy == "block":
        thread.join()


@pytest.mark.parametrize("busy", ["spins", "block"])
def test_code_that_blocks_its_worker_stops_neither_the_host_nor_its_end(
    tmp_path: Path, busy: str
) -> None:
    host = WorkersHost(tmp_path)
    file = tmp_path / "file"
    with host.host:
        port = int(host.get("listen").text)
        if busy == "spins":
            host.start("spins", {"file": str(file)})
        else:
            thread, _ = in_thread(lambda: block(host, file))
        assert wait_until(file.exists, PATIENCE)
        assert host.is_up()
        assert host.get("whoami").ok  # A thread of the same worker goes on.
        process = host.host.process
        process.send_signal(signal.SIGINT)
        # The function would never end.
        assert process.wait(PATIENCE) == 0
        assert_refused(port)
    if busy == "block":
        thread.join()


def test_an_app_that_ends_its_workers_again_and_again_is_named_and_the_host_stays(
    tmp_path: Path,
) -> None:
    host = WorkersHost(tmp_path)
    with host.host:
        for _ in range(4):
            assert host.get("leave", params={"code": 1}).status_code == 500
        assert wait_until(lambda: "have ended 4 times soon" in host.host.log, PATIENCE)
        assert "The next worker process starts in 4 s." in host.host.log
        assert host.is_up()


def test_a_function_that_runs_for_too_long_fails_and_its_worker_is_replaced(
    tmp_path: Path,
) -> None:
    settings = {"AzureFunctionsJobHost__functionTimeout": "00:00:02"}
    host = WorkersHost(tmp_path, **settings)
    with host.host:
        pid = host.whoami()[0]
        answer = host.get("wait", params={"file": str(tmp_path / "here")})
        assert answer.status_code == 500
        assert "Timeout value of 00:00:02 exceeded by function 'Functions.wait'" in host.host.log
        assert host.whoami()[0] != pid


def test_a_wrong_worker_count_is_one_clear_line(tmp_path: Path) -> None:
    host = WorkersHost(tmp_path, FUNCTIONS_WORKER_PROCESS_COUNT="11")
    done = subprocess.run(
        [*host.host.command(), "--no-reload"],
        env={**os.environ, **host.host.environment()},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "error: FUNCTIONS_WORKER_PROCESS_COUNT is '11'; it must be a whole number from 1 to 10."
    )
