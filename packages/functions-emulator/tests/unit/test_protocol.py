import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.cookies import SimpleCookie
from typing import Any

import pytest
from azure.functions.meta import Datum
from hypothesis import given
from hypothesis import strategies as st

from functions_emulator import protocol
from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.app.retry import RetryPolicy
from functions_emulator.plain import from_plain, to_plain
from functions_emulator.protocol import Unpacker, pack
from functions_emulator.worker.origin import LastError, Origin

MESSAGES = [(1, {"a": [1, None, "ä\udcff"]}), (2, b"\0" * 70_000), (3,)]
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def pieces(data: bytes, sizes: Iterator[int]) -> Iterator[bytes]:
    while data:
        size = next(sizes)
        yield data[:size]
        data = data[size:]


@given(st.lists(st.integers(1, 50_000), min_size=1))
def test_messages_are_read_wherever_the_stream_is_cut(sizes: list[int]) -> None:
    stream = b"".join(pack(message) for message in MESSAGES)
    unpacker = Unpacker()

    def repeated() -> Iterator[int]:
        while True:
            yield from sizes

    found = [message for piece in pieces(stream, repeated()) for message in unpacker.feed(piece)]
    assert found == MESSAGES


def test_a_blocking_stream_is_read_to_its_end() -> None:
    stream = io.BytesIO(b"".join(pack(message) for message in MESSAGES) + b"\0\0")
    found = []
    while (message := protocol.read(stream)) is not None:
        found.append(message)
    assert found == MESSAGES


@given(PLAIN)
def test_plain_values_stay_as_they_are(value: Any) -> None:
    assert from_plain(to_plain(value)) == value


class Text(str):
    """What an app may derive: its class must not cross the line."""


class Number(int):
    def __int__(self) -> int:
        raise AssertionError("not asked")


@pytest.mark.parametrize(
    ("value", "plain"),
    [(Text("a"), "a"), (Number(3), 3), (bytearray(b"b"), b"b"), ((1, [Text("c")]), [1, ["c"]])],
)
def test_derived_types_become_the_plain_ones(value: Any, plain: Any) -> None:
    crossed = from_plain(to_plain(value))
    assert (crossed, type(crossed)) == (plain, type(plain))
    pack((1, to_plain(value)))


def test_an_http_response_crosses_with_its_cookies() -> None:
    cookies = SimpleCookie('a="x y"; Path=/api')
    datum = Datum(
        {"status_code": Datum("200", "string"), "body": Datum(b"x", "bytes"), "cookies": [cookies]},
        "http",
    )
    crossed = from_plain(to_plain(datum))
    assert crossed.type == "http"
    assert crossed.value["body"].value == b"x"
    assert crossed.value["cookies"][0].output() == cookies.output()


def test_other_values_are_refused_by_name() -> None:
    with pytest.raises(TypeError, match="type lock cannot leave"):
        to_plain({"a": [threading.Lock()]})


@pytest.mark.parametrize(
    "origin",
    [
        Origin(),
        Origin("00-a-b-01", "vendor=1"),
        Origin(retry_count=1, max_retry_count=-1, last_error=LastError("no", "line 1")),
    ],
)
def test_what_a_context_says_crosses_to_the_worker(origin: Origin) -> None:
    (message,) = Unpacker().feed(pack((protocol.CALL, origin.to_plain())))
    assert Origin.from_plain(message[1]) == origin


def test_the_host_knows_of_a_function_what_it_needs_without_its_code() -> None:
    function = FunctionDefinition(
        name="work",
        user_function=len,
        trigger=Binding("t", "timerTrigger", "in", {"schedule": "0 0 0 1 1 *"}),
        bindings=(Binding("b", "blob", "out"),),
        is_async=True,
        retry=RetryPolicy(-1, 1.5, 60.0),
        problems=("no blob",),
    )
    (message,) = Unpacker().feed(pack((protocol.READY, [function.described()])))
    (found,) = [FunctionDefinition.from_description(each) for each in message[1]]
    assert found == replace(function, user_function=None)
