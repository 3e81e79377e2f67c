"""The emulator is killed with -9 while money moves between accounts, and no coin is lost."""

import os
import random
import threading
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.sample_host import DURABLE, PATIENCE, SampleHost
from tests.support import wait_until

KILLS = int(os.environ.get("KILLS", "5"))
ACCOUNTS = ("ada", "bob", "cyd", "dan")
OPENED_WITH = 100


class Transfers(threading.Thread):
    """Starts transfers, each again and again until the answer is yes."""

    def __init__(self, base_url: str, chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.given: list[dict[str, Any]] = []
        self._url = f"{base_url}{DURABLE}/orchestrators/transfer"
        self._chance = chance
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            source, target = self._chance.sample(ACCOUNTS, 2)
            given = {"from": source, "to": target, "amount": self._chance.randint(1, 40)}
            self._insist(f"{self._url}/transfer-{len(self.given)}", given)
            self.given.append(given)

    def finish(self) -> None:
        self._over.set()
        self.join()

    def _insist(self, url: str, given: dict[str, Any]) -> None:
        while True:
            try:
                answer = requests.post(url, json=given, timeout=10)
            except requests.RequestException:
                self._over.wait(0.01)
                continue
            assert answer.status_code in (202, 409), answer.text
            return


@pytest.mark.timeout(300)
def test_money_is_neither_made_nor_lost_in_kill_after_kill(tmp_path: Path) -> None:
    chance = random.Random(20261125)
    host = SampleHost("samples", tmp_path)
    host.host.start()
    for account in ACCOUNTS:
        host.run("open_account", {"account": account, "amount": OPENED_WITH})
    transfers = Transfers(host.host.base_url, random.Random(1))
    transfers.start()
    try:
        for _ in range(KILLS):
            transfers.join(timeout=chance.uniform(0.0, 0.3))
            host.host.kill()
            host.host.start()
        transfers.finish()
        assert len(transfers.given) > KILLS
        assert _balances(host) == _expected(host, transfers.given)
    finally:
        transfers.finish()
        host.host.stop()


def _expected(host: SampleHost, given: list[dict[str, Any]]) -> dict[str, int]:
    """What the accounts hold if each transfer that says `moved` moved its money once."""
    balances = dict.fromkeys(ACCOUNTS, OPENED_WITH)
    outputs = set()
    for number, each in enumerate(given):
        output = host.wait_for(f"transfer-{number}")["output"]
        outputs.add(output)
        if output == "moved":
            balances[each["from"]] -= each["amount"]
            balances[each["to"]] += each["amount"]
    assert outputs <= {"moved", "refused: not enough money"}
    return balances


def _balances(host: SampleHost) -> dict[str, int]:
    def idle() -> bool:
        found = host.call("GET", "/instances", params={"runtimeStatus": "Running,Pending"})
        return all(each["instanceId"].startswith("@") for each in found.json())

    assert wait_until(idle, PATIENCE)
    return {
        account: host.call("GET", f"/entities/account/{account}").json() for account in ACCOUNTS
    }
