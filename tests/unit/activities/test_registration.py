import pytest

from activities import inventory, payment


@pytest.mark.parametrize(
    ("builder", "name"),
    [
        (inventory.check_and_reserve_inventory, "CheckAndReserveInventory"),
        (inventory.release_inventory, "ReleaseInventory"),
        (payment.process_payment, "ProcessPayment"),
        (payment.refund_payment, "RefundPayment"),
    ],
)
def test_an_activity_has_its_name_and_takes_one_input(builder: object, name: str) -> None:
    function = builder.build()  # type: ignore[attr-defined]
    assert function.get_function_name() == name
    assert [binding.name for binding in function.get_bindings()] == ["order"]


@pytest.mark.parametrize(
    "builder",
    [
        inventory.check_and_reserve_inventory,
        inventory.release_inventory,
        payment.process_payment,
        payment.refund_payment,
    ],
)
def test_annotations_are_plain_types_that_every_worker_takes(builder: object) -> None:
    # durable-python#572
    function = builder.build().get_user_function()  # type: ignore[attr-defined]
    assert all(type(value) is type for value in function.__annotations__.values())
