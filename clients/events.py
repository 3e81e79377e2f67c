"""NotifyEvent: from the event queue to the order that waits."""

import asyncio
import logging

import azure.durable_functions as df
import azure.functions as func

from durable_sdk import Failure, classify, raise_event
from ordering.errors import OrderingError
from ordering.json_input import ContractError
from ordering.log_text import first_line
from ordering.notifications import PROCEED, harmless, parse_notification
from ordering.settings import STORAGE
from ordering.shop import EVENT_QUEUE, POISON_QUEUE, shop

log = logging.getLogger(__name__)
bp = df.Blueprint()


class NotDelivered(Exception):
    """The event has not reached its order yet; the queue tries again.

    Hosts log it at each try. Its text says all there is to know, so it hides its traceback, which
    the worker reads from this attribute (azure-functions-python-worker, tracebacks.py).
    """

    __traceback__ = None


# Binary both ways, so that the poison queue gets the very bytes that came: as text, the host
# replaces what is not UTF-8, and splits a JSON array into one message for each element
# (FunctionBinding.cs, ReadAsEnumerable).
@bp.function_name(name="NotifyEvent")
@bp.queue_trigger(
    arg_name="msg", queue_name=EVENT_QUEUE, connection=STORAGE, data_type=func.DataType.BINARY
)
@bp.queue_output(
    arg_name="poison", queue_name=POISON_QUEUE, connection=STORAGE, data_type=func.DataType.BINARY
)
@bp.durable_client_input(client_name="client")
async def notify_event(
    msg: func.QueueMessage,
    poison: func.Out[bytes],
    client: df.DurableOrchestrationClient,
) -> None:
    """Raise the event that a message names on the order that it names.

    A message that can never be delivered goes to the poison queue at once. Raises NotDelivered when
    it may be deliverable later; after five tries the host moves it to the poison queue. A Proceed
    for an order that has ended is dropped, and the next in line is woken for its stock. Data with
    names such as `__class__` is sent as text: the SDKs call what it names.
    """
    body = bytes(msg.get_body())
    try:
        event = parse_notification(body)
    except ContractError as error:
        log.error("Message %s moved to %s: %s", msg.id, POISON_QUEUE, error)
        poison.set(body)
        return
    try:
        data = harmless(event.event_data)
        await raise_event(client, event.instance_id, event.event_name, data)
    except Exception as error:
        failure = classify(error)
        what = f"Message {msg.id}: {event.event_name} for order {event.instance_id}"
        if failure is Failure.FINISHED:
            passed_on = ""
            if event.event_name == PROCEED:
                passed_on = await asyncio.to_thread(_pass_on, event.instance_id)
            log.warning("%s dropped: %s%s", what, failure.value, passed_on)
            return
        why = f"not delivered at try {msg.dequeue_count}: {failure.value}"
        if failure is Failure.TROUBLE:
            why = f"{why}: {type(error).__name__}: {first_line(str(error))}"
        raise NotDelivered(f"{what} {why}") from None
    log.info("Message %s: %s delivered to order %s", msg.id, event.event_name, event.instance_id)


def _pass_on(order_id: str) -> str:
    """Wake the next in line in the place of an order that has ended; say what was done.

    A restock may have woken that order only. What cannot be done now, the sweep does.
    """
    try:
        if shop().pass_on(order_id):
            return "; it was still in line, and the next in line was looked for"
    except OrderingError as error:
        return f"; whether it is still in line is left to the sweep: {error}"
    return ""
