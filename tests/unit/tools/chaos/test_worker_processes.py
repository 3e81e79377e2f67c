import subprocess
import sys

from tools.chaos.worker_processes import worker_pids, workers_among

LISTED = """
  1     0     1
 20     1    20
 21    20    20
 22    21    20
 23    21    20
 24    22    20
 30     1    30
 31    30    30
"""


def test_workers_are_the_children_of_the_child_of_the_groups_first_process() -> None:
    assert workers_among(LISTED.strip(), 20) == [22, 23]
    assert workers_among(LISTED.strip(), 30) == []


def test_they_are_found_among_the_processes_of_this_machine() -> None:
    sleeper = "import time; time.sleep(60)"
    host = f"""
import subprocess, sys
workers = [subprocess.Popen([sys.executable, "-c", {sleeper!r}]) for _ in range(2)]
print(*[worker.pid for worker in workers], flush=True)
sys.stdin.read()
for worker in workers:
    worker.kill()
    worker.wait()
"""
    supervisor = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {host!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", supervisor],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as first:
        assert first.stdout is not None
        printed = sorted(map(int, first.stdout.readline().split()))
        assert worker_pids(first.pid) == printed
