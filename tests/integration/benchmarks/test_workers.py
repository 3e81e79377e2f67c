"""The benchmark's processes with the storage code of today, so that they stay runnable."""

from collections.abc import Iterator

import pytest

from benchmarks.against.versions import TODAY, Version
from benchmarks.against.workers import Job, work
from ordering.shop import open_shop
from ordering.stock.catalogue import parse_stock_item
from tools.counting import CountingProxy
from tools.processes import ToolError


@pytest.fixture
def proxy(storage: str) -> Iterator[CountingProxy]:
    item = {"description": "T", "unitPrice": 1, "currency": "EUR", "available": 9}
    open_shop(storage).catalogue.set_item("TEA", parse_stock_item(item))
    with CountingProxy(storage) as running:
        yield running


def test_orders_are_taken_through_the_storage_code_of_a_version(proxy: CountingProxy) -> None:
    done = work(TODAY, Job(proxy.connection, ["TEA"], orders=2, at_once=2), processes=2)
    assert done.seconds > 0 and done.cpu_ms > 0
    assert proxy.counts["table GET inventory (row)"] >= 2, "each has its own cache"
    assert proxy.counts["table POST orders"] >= 4 and proxy.counts["table POST payments"] >= 4


def test_a_reservation_alone_accepts_and_pays_nothing(proxy: CountingProxy) -> None:
    work(TODAY, Job(proxy.connection, ["TEA"], orders=3, steps="reserve"))
    assert proxy.counts == {"table GET inventory (row)": 1, "table POST $batch inventory": 3}


def test_a_version_that_cannot_be_run_says_what_it_said(proxy: CountingProxy) -> None:
    elsewhere = Version("elsewhere", TODAY.root / "tests", TODAY.python)
    with pytest.raises(ToolError, match="ModuleNotFoundError"):
        work(elsewhere, Job(proxy.connection, ["TEA"], orders=1))
