from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ordering.model import OrderRequest, parse_order
from ordering.shop import Shop
from ordering.storage.tables import Table, connect

Order = Callable[..., OrderRequest]


def test_the_first_order_gets_the_id(shop: Shop, order: Order) -> None:
    accepted = shop.accepted.accept(order("o-1", TEA=1))
    assert accepted.is_new and accepted.is_for(order("o-1", TEA=1))


def test_the_same_order_again_finds_itself(shop: Shop, order: Order) -> None:
    shop.accepted.accept(order("o-1", TEA=1, MUG=2))
    accepted = shop.accepted.accept(order("o-1", MUG=2, TEA=1))
    assert not accepted.is_new and accepted.is_for(order("o-1", MUG=2, TEA=1))


def test_another_order_finds_the_id_taken(shop: Shop, order: Order) -> None:
    shop.accepted.accept(order("o-1", TEA=1))
    for other in (order("o-1", TEA=2), order("o-1", "pm_other", TEA=1), order("o-1", MUG=1)):
        accepted = shop.accepted.accept(other)
        assert not accepted.is_new and not accepted.is_for(other)


def test_of_acceptances_at_once_one_is_new(shop: Shop, order: Order) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: shop.accepted.accept(order("o-1", TEA=1)), range(8)))
    assert sum(answer.is_new for answer in answers) == 1


def test_an_id_that_nobody_took_is_not_found(shop: Shop) -> None:
    assert shop.accepted.find("o-1") is None


def test_any_text_that_is_accepted_is_stored_as_it_is(shop: Shop) -> None:
    order = parse_order(
        {
            "orderId": "o-1",
            "customerId": "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS} 'x' \N{GRINNING FACE} \\ \"",
            "items": [{"sku": "TEA", "quantity": 1}],
            "paymentMethod": "pm_\N{CJK UNIFIED IDEOGRAPH-8336}",
        }
    )
    shop.accepted.accept(order)
    found = shop.accepted.find("o-1")
    assert found is not None and found.order == order


def test_of_an_archived_order_only_the_spent_id_is_left(
    storage: str, shop: Shop, order: Order
) -> None:
    shop.accepted.accept(order("o-1", TEA=1), "hub")
    for _ in range(2):
        shop.accepted.archive("o-1")
    again = shop.accepted.accept(order("o-1", TEA=1))
    assert again.is_archived and not again.is_new and not again.is_for(order("o-1", TEA=1))
    row = Table(connect(storage), "orders").get("o-1", "order")
    assert row is not None and "order" not in row


def test_an_id_can_be_spent_that_was_never_accepted(shop: Shop, order: Order) -> None:
    shop.accepted.archive("started-by-hand")
    assert shop.accepted.accept(order("started-by-hand", TEA=1)).is_archived
