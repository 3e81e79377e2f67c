from dataclasses import replace
from pathlib import Path

import pytest

from tools.chaos.__main__ import tool
from tools.chaos.kinds import KINDS, chosen
from tools.chaos.wish import RATE, Wish, faults_a_round, orders_a_round

WISH = Wish(
    seed=4,
    minutes=None,
    faults=10_000,
    orders=20_000,
    round_orders=400,
    round_faults=220,
    only_round=None,
    kinds=tuple(KINDS),
    workers=2,
    gateway="stripe",
    rate=RATE,
    patience=30.0,
    bug=None,
)


def test_an_unknown_fault_ends_the_command_before_anything_starts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert tool.run(["--only", "earthquake"]) == 2
    told = capsys.readouterr().err
    assert "earthquake" in told and "host-killed" in told


def test_a_run_goes_on_until_both_numbers_are_reached() -> None:
    assert not WISH.is_granted(50, 9_999, 20_400, 9e9)
    assert not WISH.is_granted(50, 10_500, 19_999, 9e9)
    assert WISH.is_granted(50, 10_000, 20_000, 1)


def test_a_run_of_minutes_ends_with_them() -> None:
    wish = replace(WISH, faults=None, orders=None, minutes=7)
    assert not wish.is_granted(3, 10**6, 10**6, 419)
    assert wish.is_granted(3, 0, 0, 420)
    assert replace(WISH, minutes=60).is_granted(3, 0, 0, 3600)


def test_one_round_is_one_round() -> None:
    wish = replace(WISH, only_round=3)
    assert not wish.is_granted(0, 0, 0, 0) and wish.is_granted(1, 0, 0, 0)


def test_the_command_that_repeats_it_makes_the_same_rounds() -> None:
    some = replace(WISH, kinds=("purge", "host-killed"), bug=Path("bug.py"), rate=3.0, patience=2.0)
    assert WISH.command() == (
        "python -m tools.chaos --seed 4 --workers 2 --faults 10000 --orders 20000 "
        "--round-orders 400 --round-faults 220"
    )
    assert some.command(7) == (
        "python -m tools.chaos --seed 4 --workers 2 --round 7 --round-orders 400 "
        "--round-faults 220 --rate 3 --patience 2 --only 'purge host-killed' --bug bug.py"
    )
    ledger = replace(WISH, kinds=tuple(chosen(gateway="ledger")), gateway="ledger")
    assert ledger.command(0).endswith("--round-faults 220 --gateway ledger")
    assert (
        replace(WISH, minutes=60)
        .command()
        .startswith("python -m tools.chaos --seed 4 --workers 2 --minutes 60 --faults 10000")
    )
    minutes = replace(WISH, faults=None, orders=None, minutes=7)
    assert "--minutes 7" in minutes.command()
    assert WISH.round(3) == minutes.round(3)


@pytest.mark.parametrize(
    ("minutes", "orders", "expected"),
    [(None, 20_000, 500), (None, 60, 60), (7, None, 420), (2, None, 120), (0.1, None, 20)],
)
def test_a_run_has_more_than_one_round(
    minutes: float | None, orders: int | None, expected: int
) -> None:
    assert orders_a_round(minutes, orders) == expected


def test_more_faults_are_planned_than_wanted_for_some_meet_nothing() -> None:
    assert faults_a_round(400, 10_000, 20_000) == 221
    assert faults_a_round(400, None, None) == 221
