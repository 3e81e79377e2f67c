from benchmarks.growth.replays import split


def _turns(*turns: tuple[float, float]) -> list[dict[str, float]]:
    return [{"sdk_ms": sdk, "done_at_ms": done, "body_bytes": 1} for sdk, done in turns]


def test_a_round_is_two_turns_and_what_is_not_the_sdk_is_the_emulator() -> None:
    first, *rounds = (1, 100), (2, 110), (3, 120), (4, 135), (5, 150)
    assert split(_turns(first, *rounds)) == [(5, 15), (9, 21)]


def test_the_turn_before_all_rounds_is_in_none() -> None:
    assert split(_turns((1, 100))) == []
