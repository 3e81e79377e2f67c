"""The table of payments as it is stored."""

from dataclasses import replace

import pytest

from ordering.payments.payment import Payment
from ordering.payments.rows import TABLE, PaymentRows
from ordering.stock.rows import Line
from ordering.storage.tables import Table, connect

OPENED = Payment(
    "o-1",
    "open",
    "2026-01-01T00:00:00Z",
    "ada",
    "EUR",
    10**12,
    (Line("TEA", "Tea \N{TEACUP WITHOUT HANDLE}", 2, 5 * 10**11),),
    "pi_1",
)


@pytest.fixture
def rows(storage: str) -> PaymentRows:
    return PaymentRows(Table(connect(storage), TABLE))


def test_a_payment_is_found_as_it_was_added(rows: PaymentRows) -> None:
    assert rows.find("o-1") is None
    assert rows.insert(OPENED)
    found = rows.find("o-1")
    assert found is not None and found.etag
    assert replace(found, etag="") == OPENED


def test_an_order_has_one_payment(rows: PaymentRows) -> None:
    assert [rows.insert(OPENED), rows.insert(replace(OPENED, reference="pi_2"))] == [True, False]
    found = rows.find("o-1")
    assert found is not None and found.reference == "pi_1"


def test_a_change_keeps_the_rest_and_happens_to_what_was_found(rows: PaymentRows) -> None:
    rows.insert(OPENED)
    found = rows.find("o-1")
    assert found is not None
    assert rows.change(found, "charged", "2026-01-02T00:00:00Z")
    assert not rows.change(found, "closing", "2026-01-03T00:00:00Z"), "it was found as open"
    charged = rows.find("o-1")
    assert charged is not None
    expected = replace(OPENED, state="charged", since="2026-01-02T00:00:00Z")
    assert replace(charged, etag="") == expected


def test_an_order_without_a_payment_is_marked(rows: PaymentRows) -> None:
    voided = Payment("o-2", "voided", "2026-01-01T00:00:00Z")
    assert rows.insert(voided)
    found = rows.find("o-2")
    assert found is not None and replace(found, etag="") == voided
