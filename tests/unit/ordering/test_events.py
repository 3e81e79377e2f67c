import pytest

from ordering.events import canonical_event_name, decode_event_data


@pytest.mark.parametrize(
    ("received", "meant"),
    [
        ('{"a": 1}', {"a": 1}),
        ("null", None),
        ("false", False),
        ("5", 5),
        ('"x"', "x"),
        ({"a": 1}, {"a": 1}),
        (None, None),
        (False, False),
        ("plain text", "plain text"),
        ("", ""),
        ("[" * 100_000, "[" * 100_000),
    ],
)
def test_data_is_decoded_whichever_way_it_came(received: object, meant: object) -> None:
    assert decode_event_data(received) == meant


def test_a_name_is_found_ignoring_case() -> None:
    assert canonical_event_name("pROCEED") == "Proceed"
    assert canonical_event_name("Cancel") == "Cancel"
    assert canonical_event_name("Go") is None
