from orchestrators.steps import reason


def test_a_reason_is_one_line_of_five_hundred_characters_at_most() -> None:
    assert reason(Exception("x" * 500)) == "x" * 500
    assert reason(Exception("x" * 501 + "\nmore")) == "x" * 500
    assert reason(Exception("  away  \nTraceback")) == "away"
    assert reason(Exception("")) == ""
