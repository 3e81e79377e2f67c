"""A process of the shop on DBOS: `serve FORM PORT EXECUTOR`, its database in DATABASE_URL.

FastAPI and uvicorn, as the template of DBOS has them. `FORM` names the module of the workflow.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
import uvicorn
from dbos import DBOS, SetWorkflowID
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

ENDED = """
    SELECT workflow_uuid FROM dbos.workflow_status
    WHERE workflow_uuid = ANY(%s) AND status NOT IN ('PENDING', 'ENQUEUED', 'DELAYED')
"""


class Item(BaseModel):
    """A line of an order."""

    sku: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    quantity: int = Field(ge=1, le=10_000)


class Order(BaseModel):
    """An order as it is sent."""

    orderId: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")  # noqa: N815
    customerId: str = Field(min_length=1, max_length=100)  # noqa: N815
    paymentMethod: str = Field(min_length=1, max_length=100)  # noqa: N815
    items: list[Item] = Field(min_length=1, max_length=50)


def make_app(form: Any, url: str) -> FastAPI:
    """Return the HTTP front of a form of the order."""
    engine = sa.create_engine(url)
    known: set[str] = set()
    lookers: list[psycopg.AsyncConnection] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        DBOS.launch()
        plain = url.replace("postgresql+psycopg://", "postgresql://")
        lookers.append(await psycopg.AsyncConnection.connect(plain, autocommit=True))
        try:
            yield
        finally:
            await lookers.pop().close()
            DBOS.destroy()

    app = FastAPI(lifespan=lifespan)

    @app.post("/api/orders", status_code=202)
    def place(order: Order) -> dict[str, str]:
        skus = {item.sku for item in order.items}
        # The catalogue is read once for each SKU, as in the app that this is compared with.
        if not skus <= known:
            with engine.connect() as connection:
                found = connection.execute(
                    sa.text("SELECT sku FROM stock WHERE sku = ANY(:skus)"), {"skus": list(skus)}
                )
                known.update(row.sku for row in found)
            if not skus <= known:
                raise HTTPException(400, f"not in the catalogue: {sorted(skus - known)}")
        with SetWorkflowID(order.orderId):
            DBOS.start_workflow(form.place_order, order.model_dump())
        return {"orderId": order.orderId}

    @app.post("/api/ended")
    async def ended(request: Request) -> Response:
        """Look into DBOS's own table, which costs less than DBOS.list_workflows."""
        found = await lookers[0].execute(ENDED, (await request.json(),))
        return JSONResponse([row[0] for row in await found.fetchall()])

    @app.post("/api/orders/{order_id}/events/{name}", status_code=202)
    def send(order_id: str, name: str) -> None:
        DBOS.send(order_id, name, topic="events")

    return app


def main(form_name: str, port: int, executor: str) -> None:
    """Serve until stopped."""
    url = os.environ["DATABASE_URL"]
    DBOS(
        config={
            "name": "shop",
            "system_database_url": url,
            "executor_id": executor,
            "application_version": "1",
            "log_level": "WARNING",
        }
    )
    form = importlib.import_module(f"benchmarks.beside.{form_name}")
    # Not 5 s: a connection that is closed while a request is on its way to it is an error.
    uvicorn.run(
        make_app(form, url),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        timeout_keep_alive=600,
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
