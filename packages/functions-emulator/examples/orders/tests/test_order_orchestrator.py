"""The orchestrator alone, in process: python -m pytest."""

from function_app import order
from functions_emulator.simulation import Simulation

ORDER = {"items": ["tea", "cup"]}


def test_an_unpaid_order_expires():
    simulation = Simulation(order, ORDER, activities={"Reserve": True})
    assert simulation.run().output == {"stage": "Expired"}


def test_a_payment_in_time_ships_the_order():
    simulation = Simulation(order, ORDER)
    simulation.answer("Reserve", True)
    simulation.advance(days=4)
    simulation.raise_event("Paid")
    assert simulation.input_of("Ship") == ["tea", "cup"]
    simulation.answer("Ship", "1Z-42")
    assert simulation.output == {"stage": "Shipped", "tracking": "1Z-42"}


def test_orders_in_flight_go_on_with_the_code_of_today(functions):
    placed = functions.start("Order", ORDER)
    placed.wait_for(custom_status={"stage": "AwaitingPayment"})
    simulation = Simulation.replay(order, placed.history)
    simulation.advance(days=5)
    assert simulation.output == {"stage": "Expired"}
