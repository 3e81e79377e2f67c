from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import (
    AccountSasPermissions,
    ResourceTypes,
    TableServiceClient,
    generate_account_sas,
)

from ordering.storage.credentials import account_from_connection_string
from ordering.storage.tables import Table, connect
from ordering.storage.transactions import Changed, Delete, Insert, Merge, Replace, Upsert
from tools.azurite import DEVELOPMENT_KEY

ALPHABETS = ["plain", "ü ß", "茶 ☕", "😀" * 20, "a'b", 'a"b', "a\\b", "--batch_ --changeset_"]


@pytest.fixture
def table(storage: str) -> Table:
    return Table(connect(storage), "things")


def key(row: str) -> dict[str, Any]:
    return {"PartitionKey": "p", "RowKey": row}


def get(table: Table, row: str) -> dict[str, Any]:
    found = table.get("p", row)
    assert found is not None
    return {name: found[name] for name in found if name not in ("Timestamp", *key(row))}


def test_a_row_that_was_added_is_read_with_its_etag(table: Table) -> None:
    etag = table.insert({**key("r"), "n": 2**40, "b": b"\x00", "yes": True, "x": 1.5, "s": "茶"})
    found = table.get("p", "r")
    assert found is not None and etag and found.etag == etag
    assert get(table, "r") == {"n": 2**40, "b": b"\x00", "yes": True, "x": 1.5, "s": "茶"}


def test_a_number_is_a_long_one_to_every_other_reader(table: Table, storage: str) -> None:
    table.insert({**key("r"), "n": 1})
    with TableServiceClient.from_connection_string(storage) as service:
        found = service.get_table_client("things").get_entity("p", "r")
    assert tuple(found["n"])[1] == "Edm.Int64"


def test_a_row_that_is_there_is_not_added_again(table: Table) -> None:
    table.insert({**key("r"), "n": 1})
    assert table.insert({**key("r"), "n": 2}) is None
    assert get(table, "r") == {"n": 1}


def test_a_row_that_is_not_there_is_none(table: Table) -> None:
    assert table.get("p", "r") is None
    table.delete("p", "r")
    assert table.merge("p", "r", {"n": 1}) is False


@pytest.mark.parametrize("text", ALPHABETS)
def test_any_text_comes_back_as_it_was(table: Table, text: str) -> None:
    name = text.replace("\\", "-")
    etags = table.transact([Insert({**key(name), "text": text}), Upsert({**key("other")})])
    assert get(table, name) == {"text": text}
    assert table.merge("p", name, {"text": text * 2}, etag=etags[0])
    assert get(table, name) == {"text": text * 2}
    quoted = name.replace("'", "''")
    pages = list(table.pages(f"PartitionKey eq 'p' and RowKey eq '{quoted}'"))
    assert [[row["text"] for row in page] for page in pages] == [[text * 2]]
    table.delete("p", name)
    assert table.get("p", name) is None


def test_each_operation_does_what_it_says(table: Table) -> None:
    old = table.transact([Insert({**key(name), "a": 1, "b": 2}) for name in "imrud"])
    new = table.transact(
        [
            Insert({**key("i2"), "a": 1}),
            Merge({**key("m"), "a": 10}, old[1]),
            Replace({**key("r"), "a": 10}, old[2]),
            Upsert({**key("u"), "a": 10}),
            Upsert({**key("u2"), "a": 10}),
            Delete(key("d"), old[4]),
        ]
    )
    assert new[-1] is None and all(new[:-1])
    assert new[1] != old[1] and new[2] != old[2]
    assert [get(table, name) for name in ("m", "r", "u", "u2")] == [
        {"a": 10, "b": 2},
        {"a": 10},
        {"a": 10},
        {"a": 10},
    ]
    assert table.get("p", "d") is None
    for name, etag in zip(("i2", "m", "r", "u", "u2"), new, strict=False):
        assert table.merge("p", name, {"a": 11}, etag=etag)


@pytest.mark.parametrize(
    ("operation", "what"),
    [
        (Insert(key("there")), "exists"),
        (Merge(key("away")), "missing"),
        (Replace(key("away")), "missing"),
        (Delete(key("away")), "missing"),
        (Merge(key("there"), "old"), "stale"),
        (Replace(key("there"), "old"), "stale"),
        (Delete(key("there"), "old"), "stale"),
    ],
)
@pytest.mark.parametrize("place", [0, 2])
def test_a_refused_operation_is_named_and_nothing_is_written(
    table: Table, operation: Any, what: str, place: int
) -> None:
    table.insert(key("there"))
    etag = table.insert(key("guarded"))
    table.merge("p", "there", {"n": 1})
    if getattr(operation, "etag", None):
        operation = type(operation)(operation.row, etag)
    others: list[Any] = [Upsert({**key(f"new{number}")}) for number in range(3)]
    others[place] = operation
    with pytest.raises(Changed) as caught:
        table.transact(others)
    assert getattr(caught.value, what)
    assert caught.value.index == place
    assert all(table.get("p", f"new{number}") is None for number in range(3))


def test_a_hundred_operations_are_done_at_once_and_no_more(table: Table) -> None:
    rows = [Insert({**key(f"{number:03d}"), "text": "茶" * 500}) for number in range(101)]
    assert len(table.transact(rows[:100])) == 100
    with pytest.raises(ValueError, match="100 operations"):
        table.transact(rows)
    assert table.transact([]) == []


def test_an_order_of_fifty_lines_fits_into_a_property(table: Table) -> None:
    lines = "😀" * 16_000
    table.transact([Insert({**key("order"), "lines": lines})])
    assert get(table, "order") == {"lines": lines}


def test_many_rows_are_read_by_key_each_once(storage: str) -> None:
    asked: list[str] = []
    service = connect(storage, raw_request_hook=lambda _: asked.append("one"))
    table = Table(service, "things")
    table.transact([Insert(key(f"{number:02d}")) for number in range(40)])
    asked.clear()
    wanted = [f"{number:02d}" for number in range(0, 50, 2)]
    found = table.get_many("p", [*wanted, *wanted])
    assert list(found) == wanted[:20]
    assert all(row["RowKey"] == name and row.etag for name, row in found.items())
    assert len(asked) == 25
    assert table.get_many("p", []) == {}
    assert list(table.get_many("p", ["02"])) == ["02"]


def test_pages_are_no_larger_than_asked_and_hold_what_is_asked(table: Table) -> None:
    table.transact([Insert({**key(f"{n:02d}"), "n": n, "odd": n % 2 == 1}) for n in range(25)])
    pages = list(table.pages("odd eq true", size=5, only=["RowKey", "n"]))
    assert max(len(page) for page in pages) <= 5
    assert [row["n"] for page in pages for row in page] == list(range(1, 25, 2))
    assert {name for page in pages for row in page for name in row} == {"RowKey", "n"}


def test_a_change_of_a_row_that_was_changed_since_is_refused(table: Table) -> None:
    etag = table.insert(key("r"))
    assert table.merge("p", "r", {"n": 1})
    with pytest.raises(Changed) as caught:
        table.merge("p", "r", {"n": 2}, etag=etag)
    assert caught.value.stale
    assert get(table, "r") == {"n": 1}


@pytest.mark.parametrize(
    "first",
    [
        lambda table: table.get("p", "r"),
        lambda table: table.insert(key("r")),
        lambda table: table.transact([Insert(key("r"))]),
        lambda table: list(table.pages("RowKey eq 'r'")),
    ],
)
def test_a_table_is_made_on_first_need(storage: str, first: Callable[[Table], object]) -> None:
    asked: list[str] = []
    service = connect(storage, raw_response_hook=lambda answer: asked.append(answer))
    table = Table(service, "fresh")
    first(table)
    assert len(asked) == 3
    table.get("p", "other")
    assert len(asked) == 4


def test_a_table_is_made_on_first_need_by_many_at_once(storage: str) -> None:
    table = Table(connect(storage), "fresh")
    with ThreadPoolExecutor(8) as pool:
        etags = list(pool.map(lambda n: table.insert(key(str(n))), range(8)))
    assert all(etags)
    assert [len(page) for page in table.pages("PartitionKey eq 'p'")] == [8]


def test_a_shared_access_signature_is_enough(storage: str, table: Table) -> None:
    account = account_from_connection_string(storage)
    signature = generate_account_sas(
        AzureNamedKeyCredential(account.name, DEVELOPMENT_KEY),
        ResourceTypes(service=True, container=True, object=True),
        AccountSasPermissions(read=True, write=True, delete=True, list=True, add=True, update=True),
        datetime.now(timezone.utc) + timedelta(hours=1),
    )
    places = f"TableEndpoint={account.table_url};QueueEndpoint={account.queue_url}"
    signed = Table(connect(f"{places};SharedAccessSignature={signature}"), "signed")
    assert signed.insert(key("r"))
    assert signed.transact([Merge({**key("r"), "n": 1}), Insert(key("s"))])
    assert get(signed, "r") == {"n": 1}
    assert [len(page) for page in signed.pages("PartitionKey eq 'p'")] == [2]


def test_hooks_are_called_for_every_request(storage: str) -> None:
    told: list[str] = []
    table = Table(
        connect(
            storage,
            raw_request_hook=lambda request: told.append(request.http_request.method),
            raw_response_hook=lambda response: told.append(str(response.http_response.status_code)),
        ),
        "things",
    )
    table.insert(key("r"))
    table.transact([Merge({**key("r"), "n": 1})])
    table.get("p", "r")
    list(table.pages("RowKey eq 'r'"))
    made = ["POST", "404", "POST", "204", "POST", "204"]
    assert told == [*made, "POST", "202", "GET", "200", "GET", "200"]
