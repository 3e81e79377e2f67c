"""How much may come in, to the last piece; who is told, once and again."""

from datetime import datetime, timezone

import pytest

from ordering.json_input import ContractError
from ordering.model import parse_order
from ordering.stock import restocking
from ordering.stock.catalogue import MOST, Catalogue, parse_stock_item
from ordering.stock.plan import Check
from ordering.stock.reservations import Inventory
from ordering.stock.restocking import KeyReused, Restocks, UnknownSku, parse_restock
from ordering.stock.seen_rows import SeenRows
from ordering.stock.turns import Turns
from ordering.stock.waiting import Lines
from tests.in_memory_shop import InMemoryShop, order
from tests.in_memory_table import InMemoryTable

ITEM = {"description": "Tea", "unitPrice": 250, "currency": "EUR"}


def restocks(
    available: int, table: InMemoryTable | None = None, seen: SeenRows | None = None
) -> Restocks:
    table, seen = table or InMemoryTable(), seen or SeenRows()
    item = parse_stock_item({**ITEM, "available": available})
    Catalogue(table, seen).set_item("TEA", item)  # type: ignore[arg-type]
    return Restocks(table, Lines(table), Turns[Check](), seen)  # type: ignore[arg-type]


def test_stock_may_grow_to_the_limit_and_not_over_it() -> None:
    shop = restocks(MOST - 2)
    assert shop.restock("TEA", 1).available == MOST - 1
    assert shop.restock("TEA", 1).available == MOST
    with pytest.raises(ContractError, match=f"would bring the stock to {MOST + 1}; at most {MOST}"):
        shop.restock("TEA", 1)


def test_all_that_may_be_kept_may_come_in_at_once() -> None:
    assert MOST == 10**9
    assert restocks(0).restock("TEA", parse_restock({"quantity": MOST})).available == MOST
    assert restocks(0).restock("TEA", parse_restock({"quantity": 1})).available == 1
    for quantity in (0, MOST + 1):
        with pytest.raises(ContractError):
            parse_restock({"quantity": quantity})


def test_a_repeat_answers_the_same_though_there_is_no_room_for_its_pieces_any_more() -> None:
    shop = restocks(MOST - 3)
    first = shop.restock("TEA", 2, "key")
    assert shop.restock("TEA", 1).available == MOST
    assert shop.restock("TEA", 2, "key") == first


def test_a_repeat_answers_the_same_though_the_sku_is_gone() -> None:
    shop = restocks(5)
    first = shop.restock("TEA", 2, "key")
    shop._table.delete("main", "sku:TEA")
    assert shop.restock("TEA", 2, "key") == first
    with pytest.raises(UnknownSku):
        shop.restock("TEA", 2, "another key")


def test_a_check_after_a_restock_is_not_refused_for_what_this_process_saw_before() -> None:
    table, seen = InMemoryTable(), SeenRows()
    shop, requests = restocks(5, table, seen), []
    inventory = Inventory(table, seen=seen)  # type: ignore[arg-type]
    for name in ("o-1", "o-2"):
        shop.restock("TEA", 1)
        items = [{"sku": "TEA", "quantity": 1}]
        order = {"orderId": name, "customerId": "a", "items": items, "paymentMethod": "x"}
        before = table.requests
        assert inventory.check_and_reserve(parse_order(order))
        requests.append(table.requests - before)
    assert requests == [2, 2], "it is read, then changed"


@pytest.fixture
def world() -> InMemoryShop:
    """Three orders wait for two TEA each, of which there is none."""
    world = InMemoryShop()
    world.stock("TEA", 0)
    shop = world.open()
    for number in (1, 2, 3):
        shop.check_and_reserve(order(f"o-{number}", TEA=2))
    return world


def test_whoever_is_told_of_a_restock_is_told_again_by_its_repeat(world: InMemoryShop) -> None:
    shop = world.open()
    first = shop.restock("TEA", 4, "key")
    assert (first.sku, first.available, first.notified) == ("TEA", 4, ["o-1", "o-2"])
    assert not first.repeated
    assert shop.check_and_reserve(order("o-1", TEA=2))
    again = world.open().restock("TEA", 4, "key")
    assert again == first and again.repeated
    assert world.available("TEA") == 2


def test_a_restock_without_a_key_is_no_repeat_of_another(world: InMemoryShop) -> None:
    shop = world.open()
    assert [shop.restock("TEA", 1).available for _ in range(2)] == [1, 2]
    assert shop.restock("TEA", 1, "").available == shop.restock("TEA", 1, "").available - 1


def test_what_a_key_stands_for_is_one_sku_and_one_quantity(world: InMemoryShop) -> None:
    world.stock("MUG", 0)
    shop = world.open()
    shop.restock("TEA", 1, "key")
    for sku, quantity in (("MUG", 1), ("TEA", 2), ("NONE", 1)):
        with pytest.raises(KeyReused):
            shop.restock(sku, quantity, "key")
    assert (world.available("TEA"), world.available("MUG")) == (1, 0)


def test_a_restock_that_broke_off_before_it_told_anybody_tells_them_when_it_is_repeated(
    world: InMemoryShop,
) -> None:
    shop, requests = world.open(), list[str]()

    def end_here(request: str) -> None:
        requests.append(request)
        if requests == ["get", "transact", "query"]:
            raise KeyboardInterrupt

    world.warehouse.before = end_here
    with pytest.raises(KeyboardInterrupt):
        shop.restock("TEA", 2, "key")
    assert world.available("TEA") == 2
    again = shop.restock("TEA", 2, "key")
    assert (again.available, again.notified, again.repeated) == (2, ["o-1"], True)


def test_of_two_calls_with_one_key_the_one_that_told_first_has_the_answer(
    world: InMemoryShop,
) -> None:
    shop, other = world.open(), world.open()

    def tell_first(request: str) -> None:
        if request == "query":
            world.warehouse.before = lambda _: None
            assert other.restock("TEA", 2, "key").notified == ["o-1"]
            other.check_and_reserve(order("o-1", TEA=2))
            other.restock("TEA", 2)

    world.warehouse.before = tell_first
    late = shop.restock("TEA", 2, "key")
    # By then the stock would have been for o-2.
    assert late.notified == ["o-1"]


def test_whom_a_restock_told_is_kept_in_pieces_that_a_row_can_hold(
    world: InMemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restocking, "_PIECE", 5)
    first = world.open().restock("TEA", 6, "key")
    assert first.notified == ["o-1", "o-2", "o-3"]
    [kept] = [row for (_, key), row in world.warehouse.rows.items() if key.endswith(":notified")]
    pieces = [bytes(kept[f"notified0{number}"]) for number in range(3)]
    assert [len(piece) for piece in pieces] == [5, 5, 1]
    assert world.open().restock("TEA", 6, "key") == first


@pytest.mark.parametrize("most", [2, 3])
def test_more_than_a_row_can_hold_are_told_and_not_kept(
    world: InMemoryShop, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(restocking, "_PIECE", 5)
    monkeypatch.setattr(restocking, "_PIECES", most)
    assert world.open().restock("TEA", 6, "key").notified == ["o-1", "o-2", "o-3"]
    assert any(key.endswith(":notified") for _, key in world.warehouse.rows) is (most == 3)
    again = world.open().restock("TEA", 6, "key")
    assert (again.notified, again.available) == (["o-1", "o-2", "o-3"], 6)


def test_a_restock_that_tells_nobody_is_kept_as_one_that_told_nobody() -> None:
    world = InMemoryShop()
    world.stock("TEA", 0)
    assert world.open().restock("TEA", 1, "key").notified == []
    world.open().check_and_reserve(order("late", TEA=1))
    world.open().check_and_reserve(order("later", TEA=1))
    world.open().inventory.release("late")
    assert world.open().restock("TEA", 1, "key").notified == []


def test_both_rows_of_a_restock_say_when_it_was(world: InMemoryShop) -> None:
    world.now = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
    world.open().restock("TEA", 2, "key")
    rows = [row for (_, key), row in world.warehouse.rows.items() if key.startswith("restock:")]
    assert [row["restockedAt"] for row in rows] == ["2026-11-24T12:00:00Z"] * 2


@pytest.mark.parametrize(
    ("options", "kept"),
    [({}, 1), ({"keep_answer": True}, 1), ({"keep_answer": False}, 0)],
    ids=["as usual", "kept", "not kept"],
)
@pytest.mark.parametrize("key", ["key", "", None])
def test_whom_a_restock_told_is_kept_where_a_client_can_ask_again(
    world: InMemoryShop, key: str | None, options: dict[str, bool], kept: int
) -> None:
    assert world.open().restocks.restock("TEA", 2, key, **options).notified == ["o-1"]
    rows = [name for _, name in world.warehouse.rows if name.endswith(":notified")]
    assert len(rows) == (kept if key else 0)


def test_a_restock_adds_to_what_another_process_left_meanwhile(world: InMemoryShop) -> None:
    shop = world.open()

    def sell(request: str) -> None:
        if request == "transact":
            world.warehouse.before = lambda _: None
            world.stock("TEA", 7)

    world.warehouse.before = sell
    assert shop.restock("TEA", 2).available == 9
    assert world.warehouse.rows["main", "sku:TEA"]["stocked"] == 9
