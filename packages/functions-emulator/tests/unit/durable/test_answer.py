import json
from typing import Any

import pytest

from functions_emulator.durable.answer import BadAnswer, parse, parse_failure


def state(**fields: Any) -> str:
    return json.dumps({"isDone": False, "schemaVersion": 2, "actions": [[]], **fields})


def test_an_answer_is_read() -> None:
    answer = parse(state(isDone=True, output={"a": 1}, customStatus="s", actions=[[{"x": 1}]]))
    assert answer.is_done
    assert (answer.output, answer.custom_status) == ('{"a":1}', '"s"')
    assert answer.actions == [{"x": 1}]
    assert answer.error is None


def test_the_state_is_found_in_the_text_of_an_exception() -> None:
    answer = parse_failure(f"went wrong\n\n$OutOfProcData$:{state(error='went wrong')}")
    assert answer.error == "went wrong"


def test_an_exception_without_a_state_is_the_reason_itself() -> None:
    with pytest.raises(BadAnswer, match="went wrong"):
        parse_failure("went wrong")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "5"])
def test_what_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(BadAnswer, match="valid JSON schema"):
        parse(text)


def test_an_old_schema_is_refused_with_what_to_do() -> None:
    with pytest.raises(BadAnswer, match="install azure-functions-durable"):
        parse(state(schemaVersion=0))


def test_the_list_of_actions_has_one_outer_element() -> None:
    with pytest.raises(BadAnswer, match="length 1"):
        parse(state(actions=[[], []]))


@pytest.mark.parametrize(("character", "most"), [("x", 8190), ("é", 8190), ("😀", 4095)])
def test_a_custom_status_has_up_to_16_kb_of_utf_16(character: str, most: int) -> None:
    parse(state(customStatus=character * most))
    with pytest.raises(BadAnswer, match="16 KB"):
        parse(state(customStatus=character * (most + 1)))
