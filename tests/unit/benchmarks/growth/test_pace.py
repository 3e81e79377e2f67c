import pytest

from benchmarks.growth.pace import is_faster, pace, power


def test_the_power_tells_level_linear_and_quadratic() -> None:
    assert power(20, 1) == pytest.approx(0)
    assert power(20, 20) == pytest.approx(1)
    assert power(4, 16) == pytest.approx(2)


@pytest.mark.parametrize(
    ("cause", "effect", "said"),
    [
        (20, 0.5, "level"),
        (20, 1.5, "level"),
        (20, 4, "slower"),
        (20, 18, "alike"),
        (20, 25, "alike"),
        (4, 16, "FASTER, ^2.0"),
    ],
)
def test_the_pace_in_words(cause: float, effect: float, said: str) -> None:
    assert pace(cause, effect) == said
    assert is_faster(cause, effect) == said.startswith("FASTER")


@pytest.mark.parametrize("cause", [1, 0.5])
def test_a_cause_that_does_not_grow_explains_nothing(cause: float) -> None:
    with pytest.raises(ValueError, match="does not grow"):
        power(cause, 2)
