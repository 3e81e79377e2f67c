from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ordering.model import OrderRequest, parse_order
from ordering.shop import Shop

Order = Callable[..., OrderRequest]


def test_the_first_order_gets_the_id(shop: Shop, order: Order) -> None:
    claim = shop.claims.claim(order("o-1", TEA=1))
    assert claim.is_new and claim.is_for(order("o-1", TEA=1))


def test_the_same_order_again_finds_its_claim(shop: Shop, order: Order) -> None:
    shop.claims.claim(order("o-1", TEA=1, MUG=2))
    claim = shop.claims.claim(order("o-1", MUG=2, TEA=1))
    assert not claim.is_new and claim.is_for(order("o-1", MUG=2, TEA=1))


def test_another_order_finds_the_id_taken(shop: Shop, order: Order) -> None:
    shop.claims.claim(order("o-1", TEA=1))
    for other in (order("o-1", TEA=2), order("o-1", "pm_other", TEA=1), order("o-1", MUG=1)):
        claim = shop.claims.claim(other)
        assert not claim.is_new and not claim.is_for(other)


def test_of_claims_at_once_one_is_new(shop: Shop, order: Order) -> None:
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: shop.claims.claim(order("o-1", TEA=1)), range(8)))
    assert sum(claim.is_new for claim in claims) == 1


def test_an_id_that_nobody_took_is_not_found(shop: Shop) -> None:
    assert shop.claims.find("o-1") is None


def test_any_text_that_is_accepted_is_stored_as_it_is(shop: Shop) -> None:
    order = parse_order(
        {
            "orderId": "o-1",
            "customerId": "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS} 'x' \N{GRINNING FACE} \\ \"",
            "items": [{"sku": "TEA", "quantity": 1}],
            "paymentMethod": "pm_\N{CJK UNIFIED IDEOGRAPH-8336}",
        }
    )
    shop.claims.claim(order)
    found = shop.claims.find("o-1")
    assert found is not None and found.order == order
