"""What travels when the SDK sends a request, with and without proxies in the environment."""

from collections.abc import Callable

import pytest
import requests

from ordering.storage.connections import new_session
from tests.integration.ordering.storage.scripted_service import Reply, ScriptedService

Service = Callable[..., ScriptedService]


@pytest.fixture(params=["as it is", "by requests"])
def session(request: pytest.FixtureRequest) -> requests.Session:
    made = new_session()
    made.trust_env = request.param == "by requests"
    return made


def ask(
    session: requests.Session, method: str, url: str, data: bytes | None = None, **headers: str
) -> requests.Response:
    """Send a request as azure-core does."""
    return session.request(
        method,
        url,
        headers=headers,
        data=data,
        files=None,
        verify=True,
        timeout=(3, 3),
        cert=None,
        allow_redirects=False,
        proxies=None,
    )


@pytest.mark.parametrize(
    ("method", "data", "length"),
    [
        ("POST", b"{}", "2"),
        ("PUT", b"", "0"),
        ("DELETE", None, "0"),
        ("GET", None, None),
    ],
)
def test_a_body_has_its_length(
    service: Service,
    session: requests.Session,
    method: str,
    data: bytes | None,
    length: str | None,
) -> None:
    storage = service(Reply(204))
    answer = ask(session, method, f"{storage.url}/orders(PartitionKey='a%20b')?x=1", data)
    assert answer.status_code == 204
    ((asked, path, headers),) = storage.asked
    assert (asked, path) == (method, "/account/orders(PartitionKey='a%20b')?x=1")
    assert headers.get("Content-Length") == length
    assert "Transfer-Encoding" not in headers


def test_headers_go_as_the_sdk_has_made_them(service: Service, session: requests.Session) -> None:
    storage = service(Reply(200, body=b"yes"))
    assert ask(session, "GET", storage.url, Accept="application/json").content == b"yes"
    headers = storage.asked[0][2]
    assert headers["Accept"] == "application/json"


def test_a_connection_serves_one_request_after_another(
    service: Service, session: requests.Session
) -> None:
    storage = service(Reply(200, body=b"yes"))
    pools = session.get_adapter(storage.url).poolmanager
    for _ in range(3):
        ask(session, "GET", storage.url)
    assert [pools.pools[key].num_connections for key in pools.pools.keys()] == [1]  # noqa: SIM118


def test_a_redirect_is_an_answer(service: Service, session: requests.Session) -> None:
    storage = service(Reply(302, headers={"Location": "/elsewhere"}))
    assert ask(session, "GET", storage.url).status_code == 302
    assert len(storage.asked) == 1


def test_a_cookie_is_not_sent_back(service: Service) -> None:
    storage = service(Reply(200, headers={"Set-Cookie": "crumb=1; Path=/"}))
    session = new_session()
    session.trust_env = False
    for _ in range(2):
        ask(session, "GET", storage.url)
    assert all("Cookie" not in headers for _, _, headers in storage.asked)


def test_a_service_that_is_not_there_is_told_as_such(session: requests.Session) -> None:
    with pytest.raises(requests.exceptions.ConnectionError):
        ask(session, "GET", "http://127.0.0.1:1/")
