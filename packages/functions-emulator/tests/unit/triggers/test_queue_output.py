from typing import Any

import azure.functions as func
import pytest
from azure.functions.meta import Datum

from functions_emulator.app.converters import converter
from functions_emulator.triggers.queue_output import message_bodies
from functions_emulator.triggers.queue_storage import QueueStorage


@pytest.mark.parametrize(
    ("value", "bodies"),
    [
        ("text", [b"text"]),
        ("", [b""]),
        ('{"a": 1}', [b'{"a": 1}']),
        (b"\x00\xff", [b"\x00\xff"]),
        (["a", "b"], [b"a", b"b"]),
        ([], []),
        (func.QueueMessage(body="x"), [b"x"]),
        ([func.QueueMessage(body="x"), "y"], [b"x", b"y"]),
        ('["a", "b"]', [b"a", b"b"]),
        ('[1, {"b": 2}]', [b"1", b'{\n  "b": 2\n}']),
        ("[not json]", [b"[not json]"]),
    ],
)
def test_an_output_becomes_the_messages_the_host_makes(value: Any, bodies: list[bytes]) -> None:
    data: Datum = converter("queue").encode(value, expected_type=None)
    assert message_bodies(data) == bodies


def test_bodies_are_base64_on_the_wire_or_plain_as_set() -> None:
    encoded, plain = QueueStorage("base64"), QueueStorage("none")
    assert (encoded.encode("ä".encode()), plain.encode("ä".encode())) == ("w6Q=", "ä")
    assert (encoded.decode("w6Q="), plain.decode("ä")) == ("ä".encode(), "ä".encode())


def test_white_space_in_base64_is_ignored_as_dotnet_does() -> None:
    assert QueueStorage().decode(" w6\r\nQ= ") == "ä".encode()


@pytest.mark.parametrize("text", ["{}", "plain text", "abc", "w6Q=="])
def test_what_is_not_base64_is_not_decoded(text: str) -> None:
    with pytest.raises(ValueError):
        QueueStorage().decode(text)
