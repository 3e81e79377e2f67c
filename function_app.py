"""The shop's order workflow: wiring only, one blueprint for each concern."""

import logging

import azure.durable_functions as df
import azure.functions as func

from activities import inventory as stock_activities
from activities import payment as payment_activities
from clients import (
    archive,
    events,
    failed_events,
    inventory,
    order_counts,
    order_events,
    order_history,
    order_list,
    orders,
    page,
    restock,
    sweep,
)
from orchestrators import place_order

# The storage SDK logs every request with its headers, and azure-functions-durable 2 every turn.
for name in ("azure.core", "azure.durable_functions"):
    logging.getLogger(name).setLevel(logging.WARNING)

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
for blueprint in (
    orders.bp,
    order_list.bp,
    order_counts.bp,
    order_events.bp,
    order_history.bp,
    inventory.bp,
    page.bp,
    restock.bp,
    events.bp,
    failed_events.bp,
    sweep.bp,
    archive.bp,
    place_order.bp,
    stock_activities.bp,
    payment_activities.bp,
):
    app.register_functions(blueprint)
