import pytest

from clients.sweep import sweep_orders
from ordering.settings import sweep_schedule


def test_the_sweep_is_a_timer_function_that_runs_every_two_minutes() -> None:
    function = sweep_orders.build()
    bindings = {binding.name: binding.get_dict_repr() for binding in function.get_bindings()}
    assert function.get_function_name() == "SweepOrders"
    assert bindings["timer"]["type"] == "timerTrigger"
    assert bindings["timer"]["schedule"] == "0 */2 * * * *"
    assert all(name.isalnum() for name in bindings)


def test_an_app_setting_sets_the_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWEEP_SCHEDULE", "0 0 3 * * *")
    assert sweep_schedule() == "0 0 3 * * *"
    monkeypatch.setenv("SWEEP_SCHEDULE", " ")
    assert sweep_schedule() == "0 */2 * * * *"
