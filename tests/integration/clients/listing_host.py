"""A host that lists orchestrations as the extension does, and the rows that orders leave."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ordering.clock import timestamp
from ordering.model import BUSINESS_ENDS
from ordering.shop import shop
from ordering.stock.ended import LISTED, listing
from ordering.stock.rows import open_key, row
from ordering.storage.transactions import MOST_OPERATIONS, Upsert

START = datetime(2027, 1, 1, tzinfo=timezone.utc)


def second(number: int) -> datetime:
    """Return so many seconds after the start."""
    return START + timedelta(seconds=number)


def _put(rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), MOST_OPERATIONS):
        some = rows[start : start + MOST_OPERATIONS]
        shop().cleanup._table.transact([Upsert(each) for each in some])


_STATUSES = {"Pending": "Pending", "Failed": "Failed", "Invoiced": "Completed"}


class ListingHost(ThreadingHTTPServer):
    """Lists orchestrations by id; a page's token is the id of the first one of the next."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.orders: list[dict[str, Any]] = []
        self.status = 200
        self.asked: list[dict[str, str]] = []
        self.looked_up: list[str] = []
        self.before: Callable[[], None] = lambda: None

    @property
    def binding(self) -> str:
        """The text of a durable client binding that leads here."""
        base_url = f"http://127.0.0.1:{self.server_port}/durabletask/"
        return json.dumps(
            {
                "rpcBaseUrl": base_url,
                "httpBaseUrl": base_url,
                "requiredQueryStringParameters": "taskHub=Hub&connection=Storage&code=secret",
            }
        )

    def find(self, order_id: str) -> dict[str, Any]:
        return next(order for order in self.orders if order["instanceId"] == order_id)

    def add(self, order_id: str, runtime_status: str, stage: str | None, **more: Any) -> None:
        self.orders.append(
            {
                "name": "PlaceOrder",
                "instanceId": order_id,
                "createdTime": timestamp(START),
                "lastUpdatedTime": timestamp(START),
                "runtimeStatus": runtime_status,
                "customStatus": stage and {"stage": stage},
                "input": None,
                "output": None,
                **more,
            }
        )

    def add_all(self, orders: Iterable[tuple[str, str]], swept: bool = True) -> None:
        """Add orders with their stages, one a second, with the rows that they have by then."""
        rows = []
        for number, (order_id, stage) in enumerate(orders):
            then, decided = second(number), stage in BUSINESS_ENDS
            status = _STATUSES.get(stage, "Completed" if decided else "Running")
            output = {"orderId": order_id, "stage": stage, "reason": "so"} if decided else {}
            self.add(
                order_id,
                status,
                None if stage == "Pending" else stage,
                createdTime=timestamp(then),
                output=output if status == "Completed" else None,
            )
            if stage in LISTED and (swept or decided):
                rows += listing(stage, then, order_id)[1]
            elif stage not in ("Pending", "Failed"):
                rows.append(row(open_key(order_id), since=timestamp(then)))
        _put(rows)

    def open(self, order_ids: Iterable[str]) -> None:
        """Give orders the row of those whose end was not seen yet, a second after the last."""
        _put(
            [
                row(open_key(order_id), since=timestamp(second(number + 1)))
                for number, order_id in enumerate(order_ids)
            ]
        )


class Handler(BaseHTTPRequestHandler):
    server: ListingHost

    def do_GET(self) -> None:
        self.server.before()
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        instance_id = url.path.rpartition("/")[2]
        if instance_id:
            self.server.looked_up.append(instance_id)
            known = [order for order in self.server.orders if order["instanceId"] == instance_id]
            self.answer(self.server.status if known else 404, known[0] if known else None)
            return
        self.server.asked.append({**query, "path": url.path})
        first = self.headers.get("x-ms-continuation-token") or ""
        statuses = query.get("runtimeStatus", "").split(",")
        found = [
            order
            for order in sorted(self.server.orders, key=lambda order: order["instanceId"])
            if order["instanceId"] >= first
            and (statuses == [""] or order["runtimeStatus"] in statuses)
        ]
        page = found[: int(query["top"])]
        rest = found[len(page) :]
        shown = page if query["showInput"] == "true" else [{**one, "input": None} for one in page]
        self.answer(self.server.status, shown, rest[0]["instanceId"] if rest else "")

    def answer(self, status: int, value: Any, token: str = "") -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-ms-continuation-token", token)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""


@contextmanager
def listing_host() -> Iterator[ListingHost]:
    """Run such a host."""
    with ListingHost() as host:
        thread = threading.Thread(target=host.serve_forever, args=(0.01,))
        thread.start()
        yield host
        host.shutdown()
        thread.join()
