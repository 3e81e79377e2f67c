"""A shop that charges with a Stripe of ours."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ordering.model import OrderRequest
from ordering.payments.stripe_gateway import StripeGateway
from ordering.retrying import Pace
from ordering.shop import Shop, open_shop
from tests.integration.ordering.payments.fake_stripe import KEY, FakeStripe

QUICK = Pace(first=0.001, longest=0.01, total=1.0)


@pytest.fixture
def stripe() -> Iterator[FakeStripe]:
    with FakeStripe() as running:
        yield running


@pytest.fixture
def open_stripe_shop(storage: str, stripe: FakeStripe) -> Callable[..., Shop]:
    """Open the shop as a process of its own would."""

    def open_it(**options: Any) -> Shop:
        return open_shop(storage, StripeGateway(KEY, stripe.base, QUICK), **options)

    return open_it


@pytest.fixture
def stripe_shop(open_stripe_shop: Callable[..., Shop]) -> Shop:
    return open_stripe_shop()


@pytest.fixture
def reserve(
    stripe_shop: Shop, stock: Callable[..., None], order: Callable[..., OrderRequest]
) -> Callable[..., OrderRequest]:
    """Have an order hold two teas, at 250 unless the test says otherwise."""

    def hold(
        order_id: str = "o-1", payment_method: str = "pm_card_visa", **tea: Any
    ) -> OrderRequest:
        stock("TEA", 50, **tea)
        made = order(order_id, payment_method, TEA=2)
        assert stripe_shop.inventory.check_and_reserve(made)
        return made

    return hold
