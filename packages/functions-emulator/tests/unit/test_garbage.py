"""How often Python looks for garbage; each in a process of its own, whose settings change."""

import subprocess
import sys

import pytest

USUAL = "import gc; from functions_emulator.garbage import collect_less; "
COLLECTIONS = "sum(each['collections'] for each in gc.get_stats())"


def told(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", USUAL + code], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_many_objects_that_stay_alive_cause_few_collections() -> None:
    work = f"before = {COLLECTIONS}; alive = [[] for _ in range(30_000)]; "
    tell = f"print({COLLECTIONS} - before)"
    assert int(told(work + tell)) > 2 * int(told("collect_less(); " + work + tell))


@pytest.mark.parametrize("thresholds", ["0", "1_000, 5, 5"])
def test_an_app_keeps_the_thresholds_that_it_has_set(thresholds: str) -> None:
    found = told(
        f"gc.set_threshold({thresholds}); own = gc.get_threshold(); collect_less(); "
        "print(own == gc.get_threshold())"
    )
    assert found == "True"


def test_garbage_is_still_collected() -> None:
    cycles = "[each.append(each) for each in ([] for _ in range(50_000))]; "
    assert int(told(f"collect_less(); n = {COLLECTIONS}; {cycles} print({COLLECTIONS} - n)")) > 0
