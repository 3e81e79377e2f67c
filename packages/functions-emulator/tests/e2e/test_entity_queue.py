"""Messages on a queue signal entities, through the app's durable client."""

import base64
import json
from pathlib import Path

from azure.storage.queue import QueueClient

from functions_emulator.triggers.queue_storage import API_VERSION
from tests.e2e.sample_host import PATIENCE, SampleHost
from tests.support import wait_until


def test_every_delivery_on_the_queue_is_on_its_shelf(storage: str, tmp_path: Path) -> None:
    host = SampleHost("entity_queue", tmp_path, AzureWebJobsStorage=storage)
    with (
        host.host,
        QueueClient.from_connection_string(storage, "deliveries", api_version=API_VERSION) as queue,
    ):
        queue.create_queue()
        for number in range(20):
            delivery = {"sku": "tea" if number % 2 else "cake", "quantity": number}
            queue.send_message(base64.b64encode(json.dumps(delivery).encode()).decode())

        def shelves() -> dict[str, int]:
            found = host.call("GET", "/entities/shelf?fetchState=true").json()
            return {each["entityId"]["key"]: each["state"] for each in found}

        wanted = {"tea": sum(range(1, 20, 2)), "cake": sum(range(0, 20, 2))}
        assert wait_until(lambda: shelves() == wanted, PATIENCE), host.host.log[-3000:]
