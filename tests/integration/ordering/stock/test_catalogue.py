from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ordering.shop import Shop
from ordering.stock.catalogue import parse_stock_item

Stock = Callable[..., None]
ENTRY = {"description": "Tea", "unitPrice": 250, "currency": "EUR", "available": 5}


def test_an_empty_catalogue_has_no_items(shop: Shop) -> None:
    assert shop.catalogue.list_items() == []
    assert shop.catalogue.get_item("TEA") is None


def test_a_sku_is_read_as_it_was_set(shop: Shop) -> None:
    written = shop.catalogue.set_item("TEA", parse_stock_item(ENTRY))
    assert written == {"sku": "TEA", **ENTRY}
    assert shop.catalogue.get_item("TEA") == written


def test_setting_a_sku_again_sets_all_of_it(shop: Shop) -> None:
    shop.catalogue.set_item("TEA", parse_stock_item(ENTRY))
    changed = {"description": "Green", "unitPrice": 10**9, "currency": "USD", "available": 10**9}
    shop.catalogue.set_item("TEA", parse_stock_item(changed))
    assert shop.catalogue.get_item("TEA") == {"sku": "TEA", **changed}


def test_the_list_holds_skus_only_and_by_sku(shop: Shop, stock: Stock, order: Any) -> None:
    for sku in ("b", "A", "a.b_c-d"):
        stock(sku, 1)
    shop.inventory.check_and_reserve(order("o-1", A=1))
    shop.inventory.check_and_reserve(order("o-2", A=1))
    assert [item["sku"] for item in shop.catalogue.list_items()] == ["A", "a.b_c-d", "b"]


def test_a_list_longer_than_a_page_is_whole(shop: Shop, storage: str) -> None:
    # The service answers with at most 1,000 rows at once.
    from ordering.stock.rows import row, stock_key
    from ordering.storage.tables import Table, connect
    from ordering.storage.transactions import Insert

    table = Table(connect(storage), "inventory")
    price = {"unitPrice": 1, "currency": "EUR", "description": "x"}
    numbers = range(1050)
    for first in numbers[::75]:
        table.transact(
            [
                Insert(row(stock_key(f"S{n:04d}"), available=n, **price))
                for n in range(first, first + 75)
            ]
        )
    assert [item["available"] for item in shop.catalogue.list_items()] == list(numbers)


@pytest.mark.parametrize("lines", [1, 50])
def test_the_skus_of_an_order_are_looked_up_in_one_request(
    shop: Shop, stock: Stock, lines: int, requests: Any
) -> None:
    stock("SKU00", 1)
    asked = [f"SKU{number:02d}" for number in range(lines)]
    assert requests.of(lambda: shop.catalogue.currencies(asked)) == 1
    assert shop.catalogue.currencies([*asked, "NONE"]) == {"SKU00": "EUR"}


def stocked(storage: str, sku: str) -> int:
    """Tell what a SKU's row says was ever put in."""
    from ordering.stock.rows import WAREHOUSE, number, stock_key
    from ordering.storage.tables import Table, connect

    found = Table(connect(storage), "inventory").get(WAREHOUSE, stock_key(sku))
    assert found is not None
    return number(found, "stocked")


def test_the_books_keep_what_was_put_in_while_orders_come_and_go(
    shop: Shop, stock: Stock, order: Any, storage: str
) -> None:
    stock("TEA", 5)
    assert stocked(storage, "TEA") == 5
    shop.inventory.check_and_reserve(order("o-1", TEA=2))
    assert stocked(storage, "TEA") == 5
    stock("TEA", 10)
    assert stocked(storage, "TEA") == 12, "two are held"
    shop.restocks.restock("TEA", 4)
    assert stocked(storage, "TEA") == 16
    shop.inventory.release("o-1")
    assert stocked(storage, "TEA") == 16
    assert shop.catalogue.list_items()[0]["available"] == 16


def test_setting_a_sku_while_orders_take_it_loses_none_of_them(
    shop: Shop, stock: Stock, order: Any, storage: str
) -> None:
    stock("TEA", 100)

    def set_or_take(number: int) -> None:
        if number % 5:
            shop.inventory.check_and_reserve(order(f"o-{number}", TEA=1))
        else:
            stock("TEA", 100)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(set_or_take, range(40)))
    held = stocked(storage, "TEA") - shop.catalogue.list_items()[0]["available"]
    assert held == 32


def test_the_currency_of_a_sku_that_was_seen_costs_no_request(
    shop: Shop, stock: Stock, order: Any, requests: Any
) -> None:
    stock("TEA", 5)
    assert requests.of(lambda: shop.catalogue.currencies(["TEA"])) == 1
    assert shop.inventory.check_and_reserve(order("o-1", TEA=1))
    assert requests.of(lambda: shop.catalogue.currencies(["TEA"])) == 0
    assert requests.of(lambda: shop.catalogue.currencies(["TEA", "MUG"])) == 1
    assert shop.catalogue.currencies(["TEA", "MUG"]) == {"TEA": "EUR"}


def test_a_sku_that_was_set_again_is_not_taken_as_it_was_seen(
    shop: Shop, stock: Stock, order: Any
) -> None:
    stock("TEA", 5)
    assert shop.inventory.check_and_reserve(order("o-1", TEA=1))
    stock("TEA", 5, currency="USD")
    assert shop.catalogue.currencies(["TEA"]) == {"TEA": "USD"}
