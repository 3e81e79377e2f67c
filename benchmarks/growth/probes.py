"""The storage requests of an order without a host: what a pile costs Azurite alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.figures import spread
from benchmarks.growth.asking import order
from benchmarks.growth.table_pile import Tables
from benchmarks.growth.timing import timed
from ordering.model import parse_order
from ordering.shop import open_shop
from ordering.stock import rows as inventory_rows
from ordering.stock.rows import WAREHOUSE, order_key, row, stock_key
from ordering.storage.tables import Table, connect
from ordering.storage.transactions import Insert, Merge

WAITING = f"PartitionKey eq '{WAREHOUSE}' and RowKey ge 'waiting:' and RowKey lt 'waiting;'"


def probe(connection: str, sku: str, names: Sequence[str]) -> dict[str, Any]:
    """Time requests to Azurite while no host runs, once for each name but the first.

    Gives `point_read_ms` of a row of the partition that the shop keeps its stock in,
    `transaction_ms` of one change and one new row in it, `order_storage_ms` of all requests of an
    order, made by the shop's own code, and `read_waiting_ms` of the lines of all SKUs, which the
    sweep looks through; a restock reads one line alone.
    """
    with Tables(connection) as tables:
        table = Table(connect(connection), inventory_rows.TABLE)
        shop = open_shop(connection)

        def point_read(name: str) -> None:
            assert table.get(WAREHOUSE, stock_key(sku)) is not None

        def transaction(name: str) -> None:
            change, new = row(stock_key(sku), touched=name), row(order_key(f"t-{name}"))
            table.transact([Merge(change), Insert(new)])

        def all_of_an_order(name: str) -> None:
            wanted = parse_order(order(name, sku))
            assert shop.catalogue.currencies([sku])
            assert shop.accepted.accept(wanted).is_new
            assert shop.inventory.check_and_reserve(wanted)
            assert shop.payments.pay(wanted)["status"] == "charged"

        return {
            "point_read_ms": spread(timed(names, point_read)),
            "transaction_ms": spread(timed(names, transaction)),
            "order_storage_ms": spread(timed(names, all_of_an_order)),
            "read_waiting_ms": spread(
                timed(names, lambda name: tables.read(inventory_rows.TABLE, WAITING))
            ),
        }
