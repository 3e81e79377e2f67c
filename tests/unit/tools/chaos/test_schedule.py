from collections import Counter

from tools.chaos.kinds import KINDS, chosen
from tools.chaos.placed import ENDS
from tools.chaos.schedule import SCENARIOS, make_round


def test_the_same_seed_makes_the_same_round_and_another_makes_another() -> None:
    first = make_round(7, 3, 200, 100)
    assert first == make_round(7, 3, 200, 100)
    others = [make_round(8, 3, 200, 100), make_round(7, 4, 200, 100), make_round(7, 3, 200, 101)]
    assert all(other.faults != first.faults for other in others)


def test_every_choice_in_a_round_is_made_by_the_seed_too() -> None:
    drawn = [make_round(7, 3, 20, 10).chance("fault", 4).random() for _ in range(2)]
    assert drawn[0] == drawn[1] != make_round(7, 3, 20, 10).chance("fault", 5).random()


def test_faults_come_in_the_order_in_which_they_are_due_and_within_the_load() -> None:
    faults = make_round(1, 0, 50, 300).faults
    assert [fault.due for fault in faults] == sorted(fault.due for fault in faults)
    assert {fault.due for fault in faults} <= set(range(50))
    assert {fault.number for fault in faults} == set(range(300))


def test_kinds_come_as_often_as_their_shares_say() -> None:
    assert sum(kind.share for kind in KINDS.values()) == 10_000
    drawn = Counter(fault.kind for fault in make_round(1, 0, 100, 10_000).faults)
    assert set(drawn) == set(KINDS)
    for name, kind in KINDS.items():
        assert abs(drawn[name] - kind.share) < 5 * kind.share**0.5, name


def test_a_round_can_have_some_kinds_only() -> None:
    kinds = chosen("killed, stripe-lost")
    assert kinds == ["stripe-lost", "worker-killed", "host-killed"]
    assert {fault.kind for fault in make_round(1, 0, 100, 200, kinds).faults} == set(kinds)
    assert not any("stripe" in kind for kind in chosen(gateway="ledger"))
    assert chosen() == list(KINDS) and chosen("earthquake") == []


def test_orders_are_of_every_scenario_and_it_is_known_how_each_ends() -> None:
    assert set(make_round(1, 0, 500, 0).scenarios) == set(SCENARIOS) == set(ENDS)


def test_open_and_closed_loops_take_turns() -> None:
    assert [make_round(1, number, 9, 0).is_open for number in range(4)] == [True, False] * 2


def test_ids_of_a_round_begin_as_no_others_do() -> None:
    prefixes = {make_round(seed, number, 9, 0).prefix for seed in (1, 11) for number in (1, 11)}
    assert len(prefixes) == 4
    assert not any(one != two and one.startswith(two) for one in prefixes for two in prefixes)
