import pytest

from tools.counting import kind

BATCH = b"""--batch_1\r\nContent-Type: multipart/mixed; boundary=changeset_1\r\n\r\n--changeset_1\r
Content-Type: application/http\r\n\r
PATCH http://127.0.0.1:10002/shop/inventory(PartitionKey='main',RowKey='sku%3ATEA') HTTP/1.1\r\n"""


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        (("table", "POST", "/shop/orders"), "table POST orders"),
        (("table", "POST", "/shop/Tables"), "table POST Tables"),
        (("table", "GET", "/shop/Tables('orders')"), "table GET Tables"),
        (
            ("table", "GET", "/shop/inventory(PartitionKey='main',RowKey='order%3Ao-1')"),
            "table GET inventory (row)",
        ),
        (
            ("table", "GET", "/shop/inventory(PartitionKey='a%2Fb(c)',RowKey='d%3Fe')?timeout=3"),
            "table GET inventory (row)",
        ),
        (
            ("table", "GET", "/shop/inventory()?$filter=RowKey%20eq%20'sku%3ATEA'"),
            "table GET inventory (query)",
        ),
        (("table", "GET", "/shop/inventory?$top=5"), "table GET inventory (query)"),
        (
            ("table", "PATCH", "/shop/inventory(PartitionKey='main',RowKey='sku%3ATEA')"),
            "table PATCH inventory",
        ),
        (("table", "POST", "/shop/$batch", BATCH), "table POST $batch inventory"),
        (("queue", "PUT", "/shop/event-queue"), "queue PUT event-queue"),
        (
            ("queue", "GET", "/shop/event-queue/messages?numofmessages=16"),
            "queue GET event-queue/messages",
        ),
        (
            ("queue", "DELETE", "/shop/event-queue/messages/1f2e?popreceipt=MDk%3D"),
            "queue DELETE event-queue/messages",
        ),
        (("blob", "PUT", "/shop/hosts/locks/one?comp=lease"), "blob PUT hosts"),
        (("blob", "GET", "/shop?comp=list"), "blob GET"),
    ],
)
def test_a_request_is_named_without_its_keys(request_: tuple[str, ...], named: str) -> None:
    assert kind(*request_) == named
