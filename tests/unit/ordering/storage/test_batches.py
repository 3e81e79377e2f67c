import re
from typing import Any

import pytest

from ordering.storage import batches
from ordering.storage.batches import Refused, read, row_path, write
from ordering.storage.transactions import Delete, Insert, Merge, Operation, Replace, Upsert

URL = "https://shop.table.core.windows.net"
KEYS = {"PartitionKey": "main", "RowKey": "sku:TEA"}

GOLDEN = """\
--batch_b
Content-Type: multipart/mixed; boundary=changeset_b

--changeset_b
Content-Type: application/http
Content-Transfer-Encoding: binary

POST https://shop.table.core.windows.net/inventory HTTP/1.1
Accept: application/json;odata=minimalmetadata
Prefer: return-no-content
Content-Type: application/json
Content-Length: 125
DataServiceVersion: 3.0

{"PartitionKey":"main","RowKey":"sku:TEA","description":"Grüner Tee 茶","available@odata.type":"Edm.Int64","available":"3"}
--changeset_b
Content-Type: application/http
Content-Transfer-Encoding: binary

PATCH https://shop.table.core.windows.net/inventory(PartitionKey='main',RowKey='a%27%27b%2F%C3%BC') HTTP/1.1
Accept: application/json;odata=minimalmetadata
If-Match: W/"datetime'2026-11-25T00%3A00%3A00Z'"
Content-Type: application/json
Content-Length: 60
DataServiceVersion: 3.0

{"PartitionKey":"main","RowKey":"a'b/ü","state":"released"}
--changeset_b
Content-Type: application/http
Content-Transfer-Encoding: binary

DELETE https://shop.table.core.windows.net/inventory(PartitionKey='main',RowKey='waiting%3Ao-1') HTTP/1.1
Accept: application/json;odata=minimalmetadata
If-Match: *
DataServiceVersion: 3.0


--changeset_b--
--batch_b--
"""  # noqa: E501


def test_the_body_of_a_batch_is_as_the_service_documents_it() -> None:
    added = Insert({**KEYS, "description": "Grüner Tee 茶", "available": 3})
    etag = "W/\"datetime'2026-11-25T00%3A00%3A00Z'\""
    changed = Merge({"PartitionKey": "main", "RowKey": "a'b/ü", "state": "released"}, etag)
    removed = Delete({"PartitionKey": "main", "RowKey": "waiting:o-1"})
    body = write(URL, "inventory", [added, changed, removed], "b")
    assert body.decode().replace("\r\n", "\n") == GOLDEN
    assert body.count(b"\n") == body.count(b"\r\n")


def test_the_length_of_a_part_is_in_bytes() -> None:
    body = write(URL, "t", [Insert({**KEYS, "text": "ü茶😀" * 1000})], "b")
    length = re.search(rb"Content-Length: (\d+)", body)
    content = body[body.index(b"{") : body.rindex(b"}") + 1]
    assert length is not None and int(length[1]) == len(content)


@pytest.mark.parametrize(
    ("operation", "line", "condition"),
    [
        (Replace(KEYS), b"PUT ", b"If-Match: *\r\n"),
        (Replace(KEYS, "e"), b"PUT ", b"If-Match: e\r\n"),
        (Merge(KEYS), b"PATCH ", b"If-Match: *\r\n"),
        (Delete(KEYS, "e"), b"DELETE ", b"If-Match: e\r\n"),
        (Upsert(KEYS), b"PUT ", b""),
        (Insert(KEYS), b"POST ", b""),
    ],
)
def test_each_operation_has_its_method_and_condition(
    operation: Operation, line: bytes, condition: bytes
) -> None:
    body = write(URL, "t", [operation], "b")
    assert b"\r\n\r\n" + line in body
    assert (condition in body) if condition else (b"If-Match" not in body)


@pytest.mark.parametrize("etag", ["", "a\r\nX: y"])
def test_an_etag_that_is_none_never_becomes_no_condition(etag: str) -> None:
    with pytest.raises(ValueError, match="ETag"):
        write(URL, "t", [Merge(KEYS, etag)], "b")


def test_a_path_has_no_key_that_could_end_it() -> None:
    row = {"PartitionKey": "a b", "RowKey": "x')/$batch?a=b#"}
    assert row_path("t", row) == "t(PartitionKey='a%20b',RowKey='x%27%27%29%2F%24batch%3Fa%3Db%23')"


def answer(*parts: str) -> bytes:
    kind = "multipart/mixed; boundary=changesetresponse_1"
    head = f"--batchresponse_1\r\nContent-Type: {kind}\r\n\r\n"
    each = "".join(
        "--changesetresponse_1\r\nContent-Type: application/http\r\n"
        f"Content-Transfer-Encoding: binary\r\n\r\n{part}\r\n"
        for part in parts
    )
    return f"{head}{each}--changesetresponse_1--\r\n--batchresponse_1--\r\n".encode()


def refused(status: str, code: str, text: str) -> str:
    error = f'{{"odata.error":{{"code":"{code}","message":{{"lang":"en-US","value":"{text}"}}}}}}'
    return (
        f"HTTP/1.1 {status}\r\nX-Content-Type-Options: nosniff\r\nDataServiceVersion: 3.0;\r\n"
        f"Content-Type: application/json;odata=minimalmetadata;charset=utf-8\r\n\r\n{error}"
    )


def test_the_etags_of_an_answer_are_in_the_order_of_the_operations() -> None:
    body = answer(
        'HTTP/1.1 204 No Content\r\nCache-Control: no-cache\r\nETag: W/"one"\r\n\r\n',
        "HTTP/1.1 204 No Content\r\nDataServiceVersion: 1.0;\r\n\r\n",
        'HTTP/1.1 201 Created\r\netag: W/"three"\r\n\r\n'
        '{"text":"HTTP/1.1 204 No Content\\r\\nETag: forged\\r\\n"}',
    )
    assert read(body) == ['W/"one"', None, 'W/"three"']


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            refused(
                "409 Conflict", "EntityAlreadyExists", "2:The specified entity already exists."
            ),
            (409, "EntityAlreadyExists", 2),
        ),
        (
            refused(
                "412 Precondition Failed",
                "UpdateConditionNotSatisfied",
                "99:The update condition specified in the request was not satisfied.\\nRequestId:1",
            ),
            (412, "UpdateConditionNotSatisfied", 99),
        ),
        (
            refused("404 Not Found", "ResourceNotFound", "The specified resource does not exist."),
            (404, "ResourceNotFound", None),
        ),
        ("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", (400, "", None)),
        ("HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\n\r\n<p>{no json}</p>", (500, "", None)),
    ],
)
def test_a_refused_operation_is_named_with_its_code(part: str, expected: tuple[Any, ...]) -> None:
    with pytest.raises(Refused) as caught:
        read(answer(part))
    assert (caught.value.status, caught.value.code, caught.value.index) == expected


def test_an_answer_that_is_none_has_no_etags() -> None:
    assert read(b"<html>HTTP/1.1 204 no</html>") == []
    assert batches.error_in(b"[]") == ("", "")
