import asyncio
from typing import Any

import pytest
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus

from clients.host_status import HostTrouble, find_status, task_hub

FOUND = {
    "instanceId": "o-1",
    "createdTime": "2026-11-22T19:45:09Z",
    "lastUpdatedTime": "2026-11-22T19:45:09Z",
    "runtimeStatus": "Running",
}


class Client:
    """Makes a status of an answer's body as the durable client does, whatever its code."""

    def __init__(self, body: Any) -> None:
        self.body = body

    async def get_status(self, instance_id: str) -> DurableOrchestrationStatus:
        if isinstance(self.body, Exception):
            raise self.body
        return DurableOrchestrationStatus.from_json(self.body)


def test_an_order_that_the_host_knows_has_a_status() -> None:
    assert asyncio.run(find_status(Client(FOUND), "o-1")).instance_id == "o-1"


def test_an_order_that_the_host_does_not_know_has_none() -> None:
    assert asyncio.run(find_status(Client(""), "o-1")) is None


@pytest.mark.parametrize(
    "answer",
    [
        {"Message": "Something went wrong", "ExceptionMessage": "storage is away"},
        {"Message": "Something went wrong"},
        "Service Unavailable",
        ConnectionError("refused"),
    ],
)
def test_an_answer_in_error_is_no_missing_order(answer: Any) -> None:
    with pytest.raises(HostTrouble):
        asyncio.run(find_status(Client(answer), "o-1"))


def test_the_task_hub_is_read_from_the_links() -> None:
    class Links:
        def create_http_management_payload(self, instance_id: str) -> dict[str, str]:
            return {"statusQueryGetUri": "http://h/instances/x?taskHub=Staging&code=k"}

    assert task_hub(Links()) == "Staging"
