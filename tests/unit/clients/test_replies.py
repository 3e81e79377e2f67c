import asyncio
import json
import logging

import azure.functions as func
import pytest

from clients.replies import (
    LARGEST_BODY,
    Refused,
    answer,
    answer_blocking,
    read_json,
    reply,
    shortened,
)
from ordering.errors import Contention, SettingsError, StorageUnavailable
from ordering.json_input import ContractError


def request(body: bytes) -> func.HttpRequest:
    return func.HttpRequest(method="POST", url="http://x/api/orders", body=body)


def answered(error: Exception) -> tuple[int, dict[str, object]]:
    async def fail() -> func.HttpResponse:
        raise error

    response = asyncio.run(answer(fail()))
    return response.status_code, json.loads(response.get_body())


def test_a_reply_is_json_that_no_charset_can_spoil() -> None:
    response = reply({"name": "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}"}, 201)
    assert response.status_code == 201
    assert response.mimetype == "application/json"
    assert response.get_body() == b'{"name": "Zo\\u00eb"}'


def test_bad_input_names_its_fields() -> None:
    errors = [{"field": "customerId", "message": "is missing"}]
    status, body = answered(ContractError("The order", errors))  # type: ignore[arg-type]
    assert (status, body["fields"]) == (400, errors)
    assert body["error"] == "The order is not valid: customerId is missing"


@pytest.mark.parametrize("character", ["a", '"', "\n", "\u20ac", "\U0001f600", "\x00", "\x7f"])
def test_an_error_is_under_64_kilobytes_and_names_50_fields_whatever_was_sent(
    character: str,
) -> None:
    errors = [{"field": character * 60_000, "message": character * 60_000}] * 1_000
    status, body = answered(ContractError("The order", errors))  # type: ignore[arg-type]
    assert status == 400
    assert len(json.dumps(body)) < 64 * 1024
    assert len(body["fields"]) == 50  # type: ignore[arg-type]


def test_a_name_is_cut_only_where_it_must_be() -> None:
    assert shortened("items[49].quantity", 300) == "items[49].quantity"
    assert shortened("a" * 300, 300) == "a" * 300
    assert shortened("a" * 301, 300) == "a" * 297 + "..."
    assert shortened("\u20ac" * 100, 30) == "\u20ac" * 4 + "..."


def test_a_refusal_without_fields_has_an_error_only() -> None:
    assert answered(Refused(409, "Taken.")) == (409, {"error": "Taken."})


@pytest.mark.parametrize(
    "trouble", [StorageUnavailable("x"), Contention("x"), SettingsError("key=topsecret")]
)
def test_trouble_is_503_and_told_in_the_log_only(
    trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    status, body = answered(trouble)
    assert status == 503
    assert str(trouble) not in str(body).split()
    assert "topsecret" not in str(body)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_a_fault_of_our_own_is_not_hidden() -> None:
    with pytest.raises(KeyError):
        answered(KeyError("bug"))


def test_a_body_is_read() -> None:
    assert read_json(request(b' {"a": 1} ')) == {"a": 1}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"  \n", 400),
        (b"order", 400),
        (b"\xff", 400),
        (b"[" * 5000, 400),
        (b'"' + b"a" * LARGEST_BODY + b'"', 413),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(body: bytes, status: int) -> None:
    with pytest.raises(Refused) as caught:
        read_json(request(body))
    assert caught.value.status == status


def test_a_function_that_is_no_coroutine_answers_the_same() -> None:
    def fail() -> func.HttpResponse:
        raise Refused(409, "Taken.")

    assert json.loads(answer_blocking(fail).get_body()) == {"error": "Taken."}
    assert answer_blocking(lambda: reply({})).status_code == 200
