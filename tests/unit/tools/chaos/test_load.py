import threading
from typing import Any

import pytest

from tools.chaos import load as module
from tools.chaos.client import Client
from tools.chaos.journal import Journal
from tools.chaos.load import Load
from tools.chaos.placed import Placed
from tools.chaos.schedule import Round
from tools.http_client import Response


class FakeCustomers:
    """Serves orders by writing their numbers down; one of them may meet what must not be."""

    def __init__(self, bad: int | None = None) -> None:
        self.served: list[int] = []
        self._bad = bad
        self._came = threading.Event()

    def open(self) -> None:
        self.served.clear()

    def serve(self, number: int) -> None:
        self.served.append(number)
        if number == self._bad:
            self._came.set()
            raise AssertionError("it was charged twice")
        if self._bad is not None and number > self._bad:
            assert self._came.wait(30)


class FakeClient(Client):
    """Tells that each order has ended, at the second look."""

    def __init__(self) -> None:
        super().__init__(lambda: "", Journal())
        self.looks: dict[str, int] = {}

    def ask(self, method: str, path: str, body: Any = None, headers: Any = None) -> Response:
        looks = self.looks[path] = self.looks.get(path, 0) + 1
        return Response(200, b'{"runtimeStatus": "%s"}' % (b"Running", b"Completed")[looks > 1])


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_LOOK_SECONDS", 0.001)
    monkeypatch.setattr(module, "LOOKS", 0.0)


def load(customers: Any, client: Client, is_open: bool, orders: int = 40) -> Load:
    plan = Round(1, 0, ("in stock",) * (orders - 1) + ("expired",), (), is_open)
    return Load(plan, customers, client, Placed(), rate=1e6)


@pytest.mark.parametrize("is_open", [True, False])
def test_each_order_is_served_once(is_open: bool) -> None:
    customers = FakeCustomers()
    running = load(customers, FakeClient(), is_open)
    running.run()
    assert sorted(customers.served) == list(range(40)) and running.begun == 40


def test_customers_of_a_closed_loop_wait_for_the_ends_of_their_orders() -> None:
    client = FakeClient()
    load(FakeCustomers(), client, is_open=False).run()
    # Nobody waits for an order that will expire.
    assert len(client.looks) == 39 and set(client.looks.values()) == {2}
    client = FakeClient()
    load(FakeCustomers(), client, is_open=True).run()
    assert client.looks == {}


@pytest.mark.parametrize("is_open", [True, False])
def test_what_must_not_be_ends_the_load_and_is_told(is_open: bool) -> None:
    customers = FakeCustomers(bad=3)
    with pytest.raises(AssertionError, match="charged twice"):
        load(customers, FakeClient(), is_open, orders=2000).run()
    assert len(customers.served) < 2000


@pytest.mark.parametrize("is_open", [True, False])
def test_no_order_is_begun_after_it_was_given_up(is_open: bool) -> None:
    customers = FakeCustomers()
    running = load(customers, FakeClient(), is_open)
    running.give_up()
    running.run()
    assert customers.served == []
