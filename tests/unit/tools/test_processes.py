import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.processes import ProcessGroup, interruptible, wait_until

# A child that starts a grandchild, says who both are, and stays.
FAMILY = """
import os, subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(os.getpid(), grandchild.pid, flush=True)
time.sleep(60)
"""
DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + FAMILY


def family(log: Path, code: str = FAMILY) -> tuple[ProcessGroup, list[int]]:
    group = ProcessGroup(
        [sys.executable, "-c", code], environment=os.environ, directory=log.parent, output=log
    )
    assert wait_until(lambda: len(group.text().split()) == 2, 10)
    return group, [int(number) for number in group.text().split()]


def alive(process_id: int) -> bool:
    """Tell whether a process runs; a zombie that nobody reaps here does not."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process_id)], capture_output=True, text=True
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")


def all_gone(process_ids: list[int]) -> bool:
    return wait_until(lambda: not any(alive(number) for number in process_ids), 10)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "output.log"


def test_stopping_a_group_ends_what_its_command_started(log: Path) -> None:
    group, process_ids = family(log)
    assert all(alive(number) for number in process_ids)
    group.stop()
    assert all_gone(process_ids)


def test_stopping_a_group_lets_its_command_clean_up_first(log: Path) -> None:
    group, _ = family(log, "import atexit; atexit.register(print, 'cleaned')\n" + FAMILY)
    group.stop()
    assert "cleaned" in group.text()


def test_a_command_that_ignores_ctrl_c_is_ended_all_the_same(log: Path) -> None:
    group, process_ids = family(log, DEAF)
    group.stop(patience=0.2)
    assert all_gone(process_ids)


def test_killing_a_group_gives_its_command_no_chance_to_clean_up(log: Path) -> None:
    group, process_ids = family(log, "import atexit; atexit.register(print, 'cleaned')\n" + FAMILY)
    group.kill()
    assert all_gone(process_ids)
    assert "cleaned" not in group.text()


def test_a_group_ends_when_the_process_that_started_it_is_killed(log: Path) -> None:
    parent_code = f"""
import os, sys, time
from pathlib import Path
from tools.processes import ProcessGroup
group = ProcessGroup([sys.executable, "-c", {FAMILY!r}], environment=os.environ,
                     directory=Path({str(log.parent)!r}), output=Path({str(log)!r}))
time.sleep(60)
"""
    root = Path(__file__).parents[3]
    with subprocess.Popen([sys.executable, "-c", parent_code], cwd=root) as parent:
        assert wait_until(lambda: log.exists() and len(log.read_text().split()) == 2, 10)
        process_ids = [int(number) for number in log.read_text().split()]
        assert all(alive(number) for number in process_ids)
        parent.kill()
    assert all_gone(process_ids)


def test_the_exit_code_of_the_command_comes_through(log: Path) -> None:
    group = ProcessGroup(
        [sys.executable, "-c", "raise SystemExit(7)"],
        environment=os.environ,
        directory=log.parent,
        output=log,
    )
    assert group.wait(10)
    assert group.exit_code == 7
    group.kill()


def test_a_command_that_does_not_exist_says_so(log: Path) -> None:
    group = ProcessGroup(
        ["/no/such/command"], environment=os.environ, directory=log.parent, output=log
    )
    assert group.wait(10)
    assert "/no/such/command: No such file" in group.text()
    group.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_unwind_the_stack_even_where_a_shell_had_them_ignored(number: int) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt), interruptible():
            os.kill(os.getpid(), number)
            time.sleep(10)
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


def test_waiting_gives_up_at_the_deadline() -> None:
    assert not wait_until(lambda: False, 0.05, interval=0.01)
