import logging

import pytest

from ordering.storage.connections import certificates, new_session, pool_size

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUESTS_CA_BUNDLE")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NAMES, *map(str.upper, NAMES), "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def test_an_environment_without_proxies_is_not_looked_at_again() -> None:
    assert new_session().trust_env is False


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "http_proxy"])
def test_proxies_of_the_environment_are_obeyed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "http://proxy.invalid:8080")
    assert new_session().trust_env is True


def test_exceptions_from_no_proxy_are_nothing_to_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert new_session().trust_env is False


def test_certificates_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert certificates() is True
    monkeypatch.setenv("CURL_CA_BUNDLE", "curl.pem")
    assert certificates() == "curl.pem"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "ours.pem")
    assert certificates() == "ours.pem"


@pytest.mark.parametrize(("threads", "size"), [(None, 1064), ("4", 68), ("many", 1064)])
def test_the_pool_is_as_large_as_the_worker_has_threads(
    threads: str | None, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHON_THREADPOOL_THREAD_COUNT", raising=False)
    if threads:
        monkeypatch.setenv("PYTHON_THREADPOOL_THREAD_COUNT", threads)
    assert pool_size() == size


def test_a_signature_is_in_no_log_of_an_address(caplog: pytest.LogCaptureFixture) -> None:
    new_session()
    with caplog.at_level("DEBUG"):
        log = logging.getLogger("urllib3.connectionpool")
        log.debug('%s "%s %s"', "http://x", "GET", "/orders?sv=1&sig=c2Vj%3D&se=2")
    assert caplog.messages == ['http://x "GET /orders?sv=1&sig=REDACTED&se=2"']
