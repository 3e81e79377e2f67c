import random

import pytest

from tools.chaos.__main__ import choose, main
from tools.chaos.faults import FAULTS
from tools.chaos.proxy import FaultProxy, Faults
from tools.processes import ToolError


def test_faults_are_chosen_by_a_part_of_their_name() -> None:
    assert choose("") == list(FAULTS)
    assert choose("KILLED WITH") == ["host killed with -9, again and again"]


def test_an_unknown_fault_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ToolError, match="host killed"):
        choose("earthquake")


def test_an_unknown_fault_ends_the_command_before_anything_starts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--only", "earthquake", "--seed", "3"]) == 2
    captured = capsys.readouterr()
    assert "make chaos SEED=3" in captured.out
    assert "earthquake" in captured.err


def choices(seed: int) -> list[str]:
    proxy = FaultProxy([], seed)
    proxy._loop.close()
    proxy.faults = Faults(refused=0.2, lost=0.2, delayed=0.2)
    return [proxy._choose() for _ in range(500)]


def test_the_same_seed_makes_the_same_choices_at_the_rates_wanted() -> None:
    assert choices(1) == choices(1) != choices(2)
    for name in ("refused", "lost", "delayed"):
        assert 70 < choices(1).count(name) < 130


def test_a_connection_string_leads_through_the_proxy() -> None:
    proxy = FaultProxy([10001, 10002], random.randrange(9))
    proxy._loop.close()
    proxy.ports = {10001: 20001, 10002: 20002}
    through = proxy.through("QueueEndpoint=http://127.0.0.1:10001/a;T=http://127.0.0.1:10002/a;")
    assert through == "QueueEndpoint=http://127.0.0.1:20001/a;T=http://127.0.0.1:20002/a;"
