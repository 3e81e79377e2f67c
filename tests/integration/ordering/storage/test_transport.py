"""What travels when the SDK sends a request, with and without proxies in the environment."""

import shutil
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import (
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.rest import HttpRequest

from ordering.storage.connections import transport_to
from ordering.storage.transport import DirectTransport
from tests.integration.ordering.storage.scripted_service import Reply, ScriptedService

Service = Callable[..., ScriptedService]
NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(params=["directly", "by requests"])
def open_to(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What opens a transport where nothing is said of proxies, and where one is for others."""
    for name in (*NAMES, *map(str.upper, NAMES)):
        monkeypatch.delenv(name, raising=False)
    if request.param == "by requests":
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:8080")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return transport_to


def ask(transport: Any, method: str, url: str, content: bytes | None = None, **headers: str) -> Any:
    """Send a request as azure-core does."""
    request = HttpRequest(method, url, headers=headers, content=content)
    return transport.send(request, stream=False)


@pytest.mark.parametrize(
    ("method", "content", "length"),
    [("POST", b"{}", "2"), ("PUT", b"", "0"), ("GET", None, None)],
)
def test_a_body_has_its_length(
    service: Service, open_to: Any, method: str, content: bytes | None, length: str | None
) -> None:
    storage = service(Reply(204))
    with open_to(storage.url) as transport:
        url = f"{storage.url}/orders(PartitionKey='a%20b')?x=1"
        assert ask(transport, method, url, content).status_code == 204
    ((asked, path, headers),) = storage.asked
    assert (asked, path) == (method, "/account/orders(PartitionKey='a%20b')?x=1")
    assert headers.get("Content-Length") == length
    assert "Transfer-Encoding" not in headers


def test_headers_go_and_come_as_they_are(service: Service, open_to: Any) -> None:
    storage = service(Reply(200, headers={"ETag": "e", "x-ms-request-id": "1"}, body=b'{"a": 1}'))
    with open_to(storage.url) as transport:
        answer = ask(transport, "GET", storage.url, Accept="application/json")
    assert storage.asked[0][2]["Accept"] == "application/json"
    assert (answer.headers["etag"], answer.headers.get("X-MS-Request-Id")) == ("e", "1")
    assert (answer.content, answer.json(), answer.reason) == (b'{"a": 1}', {"a": 1}, "OK")


def test_a_connection_serves_one_request_after_another(service: Service, open_to: Any) -> None:
    storage = service(Reply(200, body=b"yes"))
    with open_to(storage.url) as transport:
        for _ in range(3):
            ask(transport, "POST", storage.url, b"{}")
    assert storage.connections == 1


def test_a_redirect_is_an_answer(service: Service, open_to: Any) -> None:
    storage = service(Reply(302, headers={"Location": "/elsewhere"}))
    with open_to(storage.url) as transport:
        assert ask(transport, "GET", storage.url).status_code == 302
    assert len(storage.asked) == 1


def test_a_service_that_is_not_there_is_told_as_such(open_to: Any) -> None:
    url = "http://127.0.0.1:1/"
    with open_to(url) as transport, pytest.raises(ServiceRequestError, match="refused"):
        ask(transport, "GET", url)


def test_an_answer_that_got_lost_is_told_as_such(service: Service, open_to: Any) -> None:
    storage = service(Reply(0))
    with open_to(storage.url) as transport, pytest.raises(ServiceResponseError):
        ask(transport, "GET", storage.url)
    assert len(storage.asked) == 1, "whether it is sent again is for others to say"


def test_a_certificate_that_nobody_vouches_for_is_refused(
    service: Service, open_to: Any, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = service(Reply(204), certificate=certificate)
    with open_to(storage.url) as transport:
        with pytest.raises(ServiceRequestError, match="CERTIFICATE_VERIFY_FAILED"):
            ask(transport, "GET", storage.url)
        assert not storage.asked
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    with open_to(storage.url) as transport:
        assert ask(transport, "GET", storage.url).status_code == 204


def test_a_proxy_of_the_environment_is_used(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = service(Reply(204))
    for name in (*NAMES, *map(str.upper, NAMES)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.server_port}")
    url = "http://storage.invalid/account"
    with transport_to(url) as transport:
        assert ask(transport, "GET", url).status_code == 204
    assert [path for _, path, _ in proxy.asked] == [url]


def test_an_answer_that_does_not_come_is_not_waited_for_longer_than_was_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        transport = DirectTransport(url, 1, (3, 0.05), "")
        with transport, pytest.raises(ServiceResponseTimeoutError):
            ask(transport, "GET", url)


def test_what_was_meant_for_another_host_is_not_sent(service: Service) -> None:
    storage = service(Reply(204))
    with DirectTransport(storage.url, 1, (3, 3), "") as transport:
        for url in (f"{storage.url.removesuffix('/account')}0/account", "http://127.0.0.1:1/"):
            with pytest.raises(ValueError, match="alone"):
                ask(transport, "GET", url)
    assert not storage.asked


def test_the_certificates_of_a_file_are_read_once(
    certificate: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(shutil.copy(certificate[0], tmp_path))
    read = []
    whole = ssl.create_default_context

    def counted(**given: Any) -> ssl.SSLContext:
        read.append(given)
        return whole(**given)

    monkeypatch.setattr(ssl, "create_default_context", counted)
    for name in ("one", "another"):
        DirectTransport(f"https://{name}.invalid", 1, (1, 1), file).close()
    assert read == [{"cafile": file}]
