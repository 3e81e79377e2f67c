"""What reserving and giving back asks of storage, and what it answers, on tables in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ordering.errors import Contention, MixedCurrencies
from ordering.shop import Shop
from ordering.stock.plan import Check
from ordering.stock.reservations import Inventory, Released
from ordering.stock.rows import Line, Reservation
from ordering.storage.tables import Changed
from tests.in_memory_shop import InMemoryShop, order


@pytest.fixture
def world() -> InMemoryShop:
    """A warehouse with five TEA and one MUG."""
    world = InMemoryShop()
    world.stock("TEA", 5)
    world.stock("MUG", 1)
    return world


@pytest.fixture
def shop(world: InMemoryShop) -> Shop:
    return world.open()


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The pauses between tries; they pass at once, and only they let the time pass."""
    made: list[float] = []
    monkeypatch.setattr(time, "sleep", made.append)
    monkeypatch.setattr(time, "monotonic", lambda: 100 + sum(made))
    yield made


def check(shop: Shop, order_id: str, **items: int) -> Check:
    return shop.inventory.check(order(order_id, **items))


def test_a_check_tells_what_is_short_and_that_nothing_has_ended(shop: Shop) -> None:
    short = check(shop, "o-1", TEA=2, MUG=3, JAR=1)
    assert (short.answer, short.missing, short.has_ended) == (False, {"MUG": 2, "JAR": 1}, False)
    served = check(shop, "o-2", TEA=2, MUG=1)
    assert (served.answer, served.missing, served.has_ended) == (True, {}, False)


def test_a_check_of_an_order_that_was_released_tells_that_it_has_ended(
    world: InMemoryShop, shop: Shop
) -> None:
    check(shop, "o-1", TEA=2)
    shop.inventory.release("o-1")
    for process in (shop, world.open()):
        late = check(process, "o-1", TEA=2)
        assert (late.answer, late.has_ended) == (False, True)


def test_a_repeat_tells_that_the_order_holds_its_stock(world: InMemoryShop, shop: Shop) -> None:
    for process in (shop, shop, world.open()):
        again = check(process, "o-1", TEA=2)
        assert (again.answer, again.has_ended) == (True, False)
    assert world.available("TEA") == 3


def test_what_was_seen_is_reserved_with_one_request(world: InMemoryShop, shop: Shop) -> None:
    assert world.requests(lambda: check(shop, "o-1", TEA=1, MUG=1)) == ["get", "get", "transact"]
    for number in (2, 3):
        assert world.requests(lambda: check(shop, f"o-{number}", TEA=1)) == ["transact"]  # noqa: B023
    assert world.requests(lambda: check(shop, "o-4", MUG=1)) == ["transact"], "it comes up short"


def test_an_order_that_waits_has_only_what_it_is_short_of_read_again(
    world: InMemoryShop, shop: Shop
) -> None:
    check(shop, "o-1", TEA=1, MUG=2)
    # The SKU, and what became of the order.
    assert world.requests(lambda: check(shop, "o-1", TEA=1, MUG=2)) == ["get", "get"]
    world.stock("MUG", 2)
    again = world.requests(lambda: check(shop, "o-1", TEA=1, MUG=2))
    assert again == ["get", "transact"]
    assert world.keys("waiting:") == []


def test_what_is_given_back_is_known_from_then_on(world: InMemoryShop, shop: Shop) -> None:
    check(shop, "o-1", TEA=5)
    release = world.requests(lambda: shop.inventory.release("o-1"))
    assert release == ["get", "get", "transact"], "the order, its SKU, and both are written"
    assert world.requests(lambda: check(shop, "o-2", TEA=5)) == ["transact"]
    assert world.available("TEA") == 0


def test_a_sku_that_another_process_changed_is_read_again_and_no_other(
    world: InMemoryShop, shop: Shop, pauses: list[float]
) -> None:
    check(shop, "o-1", TEA=1, MUG=1)
    world.stock("TEA", 3)
    tries = world.requests(lambda: check(shop, "o-2", TEA=1))
    assert tries == ["transact", "get", "transact"]
    world.stock("TEA", 3)
    world.stock("MUG", 3)
    tries = world.requests(lambda: check(shop, "o-3", TEA=1, MUG=1))
    # The first one that was refused, then all that it needs and what became of it.
    assert tries[:3] == ["transact", "get", "transact"]
    assert tries[3:] == ["get", "get", "get", "transact"]
    assert len(pauses) == 3
    assert (world.available("TEA"), world.available("MUG")) == (2, 2)


def test_a_sku_whose_row_is_gone_is_out_of_stock_whatever_was_seen_of_it(
    world: InMemoryShop, shop: Shop
) -> None:
    check(shop, "o-1", TEA=9)
    world.warehouse.delete("main", "sku:TEA")
    gone = check(shop, "o-1", TEA=9)
    assert (gone.answer, gone.missing) == (False, {"TEA": 9})
    assert world.requests(lambda: check(shop, "o-2", TEA=1)) == ["get", "transact"]


def test_an_order_that_another_process_put_in_line_is_looked_up(
    world: InMemoryShop, shop: Shop
) -> None:
    check(shop, "o-1", TEA=1)
    check(world.open(), "o-2", TEA=9)
    world.stock("TEA", 9)
    check(shop, "o-3", TEA=1)
    tries = world.requests(lambda: check(shop, "o-2", TEA=8))
    assert tries == ["transact", "get", "transact"]
    assert (world.available("TEA"), world.keys("waiting:")) == (0, [])


def test_an_order_that_waits_tries_for_its_stock_however_often_it_is_refused(
    world: InMemoryShop, shop: Shop
) -> None:
    check(shop, "o-1", TEA=1)
    world.stock("TEA", 0)
    check(world.open(), "o-2", TEA=3)
    world.stock("TEA", 3)
    tries = world.requests(lambda: check(shop, "o-2", TEA=3))
    # The order is there already; then its SKU is not as it was seen; then both are known.
    assert tries == ["transact", "get", "transact", "get", "get", "transact"]
    assert (world.available("TEA"), world.keys("waiting:")) == (0, [])


def test_an_order_that_another_process_put_in_line_between_two_tries_is_served(
    world: InMemoryShop, shop: Shop
) -> None:
    check(shop, "o-1", TEA=1)
    world.stock("TEA", 3)
    other, tries = world.open(), list[str]()

    def put_in_line(request: str) -> None:
        tries.append(request)
        if tries.count("transact") == 2:
            world.warehouse.before = lambda _: None
            check(other, "o-2", TEA=4)
            world.stock("TEA", 4)

    world.warehouse.before = put_in_line
    assert check(shop, "o-2", TEA=3).answer
    assert (world.available("TEA"), world.keys("waiting:")) == (1, [])


def test_an_order_that_waits_and_got_its_stock_elsewhere_holds_it(
    world: InMemoryShop, shop: Shop
) -> None:
    check(shop, "o-1", TEA=9)
    world.stock("TEA", 9)
    assert check(world.open(), "o-1", TEA=9).answer
    assert check(shop, "o-1", TEA=9).answer
    assert world.available("TEA") == 0
    # It waits no more, so this process takes it for an order that it never saw.
    tries = world.requests(lambda: check(shop, "o-1", TEA=9))
    assert tries == ["transact", "get", "transact"]


def test_a_repeat_of_an_order_whose_end_was_seen_has_the_sweep_look_again(
    world: InMemoryShop, shop: Shop
) -> None:
    check(shop, "o-1", TEA=1)
    shop.cleanup.close(["o-1"])
    assert world.keys("open:") == []
    check(shop, "o-1", TEA=1)
    assert world.keys("open:") == ["open:o-1"]


def test_a_repeat_of_a_check_that_comes_up_short_opens_nothing(
    world: InMemoryShop, shop: Shop
) -> None:
    check(shop, "o-1", TEA=9)
    shop.cleanup.close(["o-1"])
    for process in (shop, world.open()):
        check(process, "o-1", TEA=9)
    assert world.keys("open:") == []


def test_two_currencies_are_refused_and_leave_nothing(world: InMemoryShop, shop: Shop) -> None:
    world.stock("JAM", 5, currency="USD")
    with pytest.raises(MixedCurrencies, match="Order o-1 mixes the currencies EUR, USD"):
        check(shop, "o-1", TEA=1, JAM=1)
    assert world.keys("o") == []


def test_an_order_that_was_here_before_a_sku_changed_its_currency_is_not_refused(
    world: InMemoryShop, shop: Shop
) -> None:
    check(shop, "held", TEA=1, MUG=1)
    check(shop, "waits", TEA=1, MUG=9)
    shop.inventory.release("ended")
    world.stock("MUG", 9, currency="USD")
    for process in (shop, world.open()):
        assert check(process, "held", TEA=1, MUG=1).answer is True
        assert check(process, "ended", TEA=1, MUG=1).answer is False
        # It holds nothing yet, and cannot be served any more.
        with pytest.raises(MixedCurrencies):
            check(process, "waits", TEA=1, MUG=9)


def test_currencies_that_seem_mixed_are_read_again(world: InMemoryShop, shop: Shop) -> None:
    world.stock("JAM", 5, currency="USD")
    check(shop, "o-1", TEA=1)
    check(shop, "o-2", JAM=1)
    world.stock("JAM", 5)
    tries = world.requests(lambda: check(shop, "o-3", TEA=1, JAM=1))
    assert tries == ["get", "get", "transact"]


def test_a_release_tells_what_the_order_held_or_waited_for(shop: Shop) -> None:
    check(shop, "holds", TEA=1, MUG=1)
    check(shop, "waits", TEA=1, MUG=1)
    for _ in range(2):
        assert shop.inventory.release("holds") == Released(True, ["TEA", "MUG"])
        assert shop.inventory.release("waits") == Released(False, ["TEA", "MUG"])
        never = shop.inventory.release("never here")
        assert (never.held, list(never.skus)) == (False, [])


def test_a_release_leaves_no_line_and_gives_back_once(world: InMemoryShop, shop: Shop) -> None:
    check(shop, "holds", TEA=4)
    check(shop, "waits", TEA=2)
    for order_id in ("holds", "waits", "holds", "waits"):
        shop.inventory.release(order_id)
    assert world.available("TEA") == 5
    assert world.keys("waiting:") == []


def test_a_repeated_release_costs_one_request(world: InMemoryShop, shop: Shop) -> None:
    check(shop, "o-1", TEA=1)
    for order_id in ("o-1", "never here"):
        shop.inventory.release(order_id)
        assert world.requests(lambda: shop.inventory.release(order_id)) == ["get"]  # noqa: B023


@pytest.mark.parametrize("before", ["holds", "waits", "never here"])
def test_a_decision_lists_the_order_that_it_ended(
    world: InMemoryShop, shop: Shop, before: str
) -> None:
    if before != "never here":
        check(shop, "o-1", TEA=2 if before == "holds" else 9)
    shop.inventory.release("o-1", "Cancelled")
    assert [place.order_id for place in shop.ended.page("Cancelled", 9)] == ["o-1"]
    shop.inventory.release("o-2")
    assert len(shop.ended.page(None, 9)) == 1


def test_an_order_that_is_released_between_the_tries_of_its_check_gets_nothing(
    world: InMemoryShop, shop: Shop
) -> None:
    other = world.open()
    check(shop, "o-0", TEA=1)

    def release(request: str) -> None:
        if request == "transact":
            world.warehouse.before = lambda _: None
            other.inventory.release("o-1")

    world.warehouse.before = release
    late = check(shop, "o-1", TEA=1)
    assert (late.answer, late.has_ended) == (False, True)
    assert world.available("TEA") == 4


def test_what_a_process_reserved_it_need_not_ask_for_once(world: InMemoryShop, shop: Shop) -> None:
    held = Reservation("held", "EUR", (Line("TEA", "TEA", 2, 250),))
    check(shop, "o-1", TEA=2)
    take = shop.inventory.take_reservation
    assert world.requests(lambda: take("o-1")) == []
    check(shop, "o-2", TEA=2)
    assert take("o-2") == held
    assert world.requests(lambda: take("o-2")) == ["get"], "it may have been released meanwhile"
    assert world.open().inventory.take_reservation("o-2") == held
    assert take("never here") is None


def test_what_a_process_released_it_does_not_take_for_reserved(shop: Shop) -> None:
    check(shop, "o-1", TEA=2)
    shop.inventory.release("o-1")
    taken = shop.inventory.take_reservation("o-1")
    assert taken is not None and taken.state == "released"
    check(shop, "waits", TEA=9)
    waits = shop.inventory.take_reservation("waits")
    assert waits == shop.inventory.reservation("waits")
    assert waits is not None and waits.state == "waiting"


def test_others_that_keep_changing_the_stock_are_told_as_contention(
    world: InMemoryShop, shop: Shop, pauses: list[float]
) -> None:
    def refuse(request: str) -> None:
        if request == "transact":
            raise Changed("UpdateConditionNotSatisfied", 1)

    check(shop, "o-0", TEA=1)
    world.warehouse.before = refuse
    with pytest.raises(Contention, match="^Reserving stock for o-1: others kept changing"):
        check(shop, "o-1", TEA=1)
    with pytest.raises(Contention, match="^Releasing the stock of order o-0: others kept"):
        shop.inventory.release("o-0")
    assert 2 * 15 < sum(pauses) <= 2 * 20


class Together:
    """Has some checks wait for their turn in a process, so that they go as one group."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._turns = shop.inventory._turns

    def check(self, *orders: tuple[str, dict[str, int]]) -> list[bool | str]:
        """Answer each check, in their sequence; the text of an error where there was one."""

        def ask(asked: tuple[str, dict[str, int]]) -> bool | str:
            try:
                return bool(check(self._shop, asked[0], **asked[1]).answer)
            except (MixedCurrencies, Contention) as error:
                return str(error)

        with ThreadPoolExecutor(len(orders)) as pool:
            with self._turns.at(["TEA", "MUG"]):
                answers = []
                for number, asked in enumerate(orders):
                    answers.append(pool.submit(ask, asked))
                    while len(self._turns._waiting) <= number:
                        threading.Event().wait(0.001)
            return [answer.result(30) for answer in answers]


def test_a_group_is_served_first_come_first_served_with_one_request(
    world: InMemoryShop, shop: Shop
) -> None:
    check(shop, "o-0", TEA=1)
    orders = [(f"o-{number}", {"TEA": 2}) for number in (1, 2, 3)]
    answers: list[bool | str] = []
    made = world.requests(lambda: answers.extend(Together(shop).check(*orders)))
    assert (answers, made) == ([True, True, False], ["transact"])


def test_a_group_that_is_too_large_for_one_transaction_goes_in_two(
    world: InMemoryShop, shop: Shop
) -> None:
    many = {f"SKU{number:02d}": 1 for number in range(48)}
    for sku in many:
        world.stock(sku, 5)
    wide = {"TEA": 1, **many}
    # 51 operations, then 2 and 2, and 51 more as the last one comes up short in 49 lines.
    orders = [("wide", wide), ("a", {"TEA": 1}), ("b", {"TEA": 1}), ("last", {**wide, "NONE": 1})]
    answers: list[bool | str] = []
    made = world.requests(lambda: answers.extend(Together(shop).check(*orders)))
    assert answers == [True, True, True, False]
    assert made.count("transact") == 2
    assert world.available("TEA") == 2


def test_one_order_of_a_group_that_mixes_currencies_is_refused_alone(
    world: InMemoryShop, shop: Shop
) -> None:
    world.stock("JAM", 5, currency="USD")
    mixed = {"TEA": 1, "JAM": 1}
    answers = Together(shop).check(("a", {"TEA": 1}), ("mixed", mixed), ("b", {"TEA": 9}))
    assert (answers[0], answers[2]) == (True, False)
    assert str(answers[1]).startswith("Order mixed mixes the currencies EUR, USD.")
    assert world.keys("order:") == ["order:a", "order:b"]


def test_a_group_in_which_two_orders_repeat_what_they_asked_before_is_answered_as_before(
    world: InMemoryShop, shop: Shop
) -> None:
    other = world.open()
    check(other, "held", TEA=1)
    other.inventory.release("ended")
    check(other, "waits", TEA=9)
    check(shop, "o-0", TEA=1)
    names = ("held", "new", "ended", "waits")
    asked = [(name, {"TEA": 9 if name == "waits" else 1}) for name in names]
    assert Together(shop).check(*asked) == [True, True, False, False]
    assert world.available("TEA") == 2
    assert len(world.keys("waiting:")) == 1


def test_of_a_group_only_the_order_that_was_refused_is_looked_up(
    world: InMemoryShop, shop: Shop
) -> None:
    check(world.open(), "held", TEA=1)
    check(shop, "o-0", TEA=1)
    orders = [(name, {"TEA": 1}) for name in ("a", "held", "b")]
    made = world.requests(lambda: Together(shop).check(*orders))
    # Refused; the one that was here before, and its row for the sweep; the two that are new.
    assert made == ["transact", "get", "transact", "transact"]
    assert world.available("TEA") == 1


def test_a_group_that_gives_up_names_three_of_its_orders(world: InMemoryShop, shop: Shop) -> None:
    def refuse(request: str) -> None:
        if request == "transact":
            raise Changed("UpdateConditionNotSatisfied", 4)

    check(shop, "o-0", TEA=1)
    world.warehouse.before = refuse
    told = Together(shop).check(*((f"o-{number}", {"TEA": 1}) for number in (1, 2, 3, 4)))
    assert len(set(told)) == 1
    assert str(told[0]).startswith("Reserving stock for o-1, o-2, o-3: others kept changing")


def test_an_inventory_on_its_own_needs_no_more_than_a_table(world: InMemoryShop) -> None:
    alone = Inventory(world.warehouse)  # type: ignore[arg-type]
    assert alone.check_and_reserve(order("o-1", TEA=5))
    assert not alone.check_and_reserve(order("o-2", TEA=1))
