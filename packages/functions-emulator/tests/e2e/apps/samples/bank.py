"""A bank: accounts are entities, a transfer is an orchestration."""

import azure.durable_functions as df

bp = df.Blueprint()


@bp.entity_trigger(context_name="context", entity_name="Account")
def account(context: df.DurableEntityContext):
    balance = context.get_state(lambda: 0)
    if context.operation_name == "deposit":
        balance += context.get_input()
    elif context.operation_name == "withdraw":
        if context.get_input() > balance:
            raise ValueError("not enough money")
        balance -= context.get_input()
    context.set_state(balance)
    context.set_result(balance)


@bp.orchestration_trigger(context_name="context")
def transfer(context: df.DurableOrchestrationContext):
    given = context.get_input()
    source = df.EntityId("Account", given["from"])
    target = df.EntityId("Account", given["to"])
    try:
        yield context.call_entity(source, "withdraw", given["amount"])
    except Exception as error:
        return f"refused: {error}"
    yield context.call_entity(target, "deposit", given["amount"])
    return "moved"


@bp.orchestration_trigger(context_name="context")
def open_account(context: df.DurableOrchestrationContext):
    given = context.get_input()
    entity = df.EntityId("Account", given["account"])
    balance = yield context.call_entity(entity, "deposit", given["amount"])
    return balance
