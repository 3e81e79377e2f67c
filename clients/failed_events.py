"""Messages that could not be delivered, over HTTP: what they are, why, and sending them again."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from clients.order_status import ENDED
from clients.orders import status_of
from clients.replies import Refused, answer, answer_blocking, reply, shortened
from durable_sdk import InstanceStatus
from ordering.clock import timestamp
from ordering.errors import Contention
from ordering.failed_events import ENCODED_WHEN_RESENT, read, told
from ordering.json_input import ContractError
from ordering.notifications import Notification
from ordering.shop import shop
from ordering.storage.queues import QueuedMessage

HIDDEN = "The message is not among the oldest 640, or another request is looking at it. Try again."
_LONGEST_TEXT = 1_000
# Any other id is known not to be there without the 660 requests that a search may cost:
# https://learn.microsoft.com/rest/api/storageservices/put-message
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

bp = df.Blueprint()


@bp.function_name(name="ListFailedEvents")
@bp.route(route="events/failed", methods=["GET"])
@bp.durable_client_input(client_name="client")
async def list_failed_events(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Answer the oldest messages of `event-queue-poison`, 32 at most, and leave them there.

    `{"messages": [{"messageId", "inserted", "expires", "text", "note", "orderId", "event",
    "problem", "why", "fields"}], "total"}`. `problem` is `invalid`, `unknownOrder`,
    `finishedOrder`, or `deliverable`: what would become of it now.
    """
    return await answer(_list(client))


@bp.function_name(name="ResendFailedEvent")
@bp.route(route="events/failed/{messageId}/resend", methods=["POST"])
def resend_failed_event(req: func.HttpRequest) -> func.HttpResponse:
    """Put a message back on `event-queue`: 202, 404, or 409 if it can never be delivered.

    It is sent first and removed afterwards. If this breaks off in between, it comes twice, which
    harms no order. A repeat is 404, since the message is gone.
    """
    return answer_blocking(lambda: _act(req, _resend))


@bp.function_name(name="DeleteFailedEvent")
@bp.route(route="events/failed/{messageId}", methods=["DELETE"])
def delete_failed_event(req: func.HttpRequest) -> func.HttpResponse:
    """Remove a message for good: 204, or 404 if it is not there any more."""
    return answer_blocking(lambda: _act(req, lambda message: func.HttpResponse(status_code=204)))


async def _list(client: df.DurableOrchestrationClient) -> func.HttpResponse:
    queue = shop().failed_events
    messages, total = await asyncio.gather(
        asyncio.to_thread(queue.peek), asyncio.to_thread(queue.count)
    )
    found = [(message, read(message)) for message in messages]
    ids = sorted({each.instance_id for _, each in found if isinstance(each, Notification)})
    statuses = await asyncio.gather(*(status_of(client, order_id) for order_id in ids))
    known = dict(zip(ids, statuses, strict=True))
    shown = [{**_shown(message), **_problem(message, each, known)} for message, each in found]
    return reply({"messages": shown, "total": max(total, len(shown))})


def _act(
    req: func.HttpRequest, act: Callable[[QueuedMessage], func.HttpResponse]
) -> func.HttpResponse:
    message_id = req.route_params.get("messageId", "")
    done: list[func.HttpResponse] = []
    try:
        if _GUID.fullmatch(message_id):
            shop().failed_events.take(message_id, lambda message: done.append(act(message)))
    except Contention:
        raise Refused(503, HIDDEN) from None
    if not done:
        raise Refused(404, "There is no such message any more.")
    return done[0]


def _resend(message: QueuedMessage) -> func.HttpResponse:
    found = read(message)
    if isinstance(found, ContractError):
        why = f"It would fail again. {found}. Send a corrected one, and delete this one."
        raise Refused(409, why, found.errors)
    shop().events.send([message.text])
    sent = {"messageId": message.id, "orderId": found.instance_id, "event": found.event_name}
    return reply(sent, 202)


def _shown(message: QueuedMessage) -> dict[str, Any]:
    text: str | None = None
    note = None
    try:
        whole = message.body.decode("utf-8-sig")
        text = shortened(whole, _LONGEST_TEXT)
        note = None if text == whole else f"Its beginning; it has {len(message.body)} bytes."
    except UnicodeDecodeError:
        note = f"It is no UTF-8 text; it has {len(message.body)} bytes."
    return {
        "messageId": message.id,
        "inserted": timestamp(message.inserted),
        "expires": timestamp(message.expires),
        "text": text,
        "note": note,
    }


def _problem(
    message: QueuedMessage,
    found: Notification | ContractError,
    known: dict[str, InstanceStatus | None],
) -> dict[str, Any]:
    if isinstance(found, ContractError):
        return _told(None, None, "invalid", told(message, str(found)), list(found.errors))
    order_id, name = found.instance_id, found.event_name
    status = known[order_id]
    if status is None:
        problem, why = "unknownOrder", "There is no such order. Sent again, it would come back."
    elif status.runtime_status in ENDED:
        problem, why = "finishedOrder", "The order has ended. Sent again, it would be dropped."
    elif message.encoded:
        problem = "deliverable"
        why = (
            "Five tries failed: the order was not there yet, or the host was in trouble. Resend it."
        )
    else:
        problem, why = "deliverable", ENCODED_WHEN_RESENT
    return _told(order_id, name, problem, told(message, why), [])


def _told(
    order_id: str | None, event: str | None, problem: str, why: str, fields: list[Any]
) -> dict[str, Any]:
    return {
        "orderId": order_id,
        "event": event,
        "problem": problem,
        "why": shortened(why, _LONGEST_TEXT),
        "fields": fields,
    }
