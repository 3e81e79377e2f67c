"""A short run of `make chaos`, and a long list of deaths: the host dies while 100 orders live."""

import random
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tools.chaos.rig import Rig
from tools.hosts import ROOT

SEED = 20261122
KILLS = 5


@pytest.mark.timeout(180)
def test_a_hundred_orders_in_all_stages_survive_kill_after_kill(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    with Rig(tmp_path, SEED) as rig:
        customers = threading.Thread(target=rig.load.orders, args=(100,))
        customers.start()
        for _ in range(KILLS):
            customers.join(chance.uniform(0.2, 0.9))
            rig.kill_host()
        customers.join()
        assert rig.settle() == []
        assert len(rig.load.placed) == 100
        for order_id, order in rig.books().orders.items():
            assert order.end in rig.load.placed[order_id], f"{order_id} ended as {order.end}"


@pytest.mark.timeout(180)
def test_a_short_run_of_chaos_violates_nothing(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "tools.chaos", "--minutes", "0.2", "--seconds", "2"]
        + ["--seed", str(SEED)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert f"make chaos SEED={SEED}" in finished.stdout
    tried = re.findall(r"^(.{42}) +(\d+) +(\d+) +(\d+)$", finished.stdout, re.MULTILINE)
    assert len(tried) == 8
    # How many fit into the time is the machine's affair.
    assert sum(int(rounds) for _, rounds, _, _ in tried) >= 1
    assert sum(int(orders) for _, _, orders, _ in tried) >= 8
    assert {violated for _, _, _, violated in tried} == {"0"}
