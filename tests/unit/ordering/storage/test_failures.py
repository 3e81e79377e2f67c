"""What a person is told of storage's trouble, answer by answer."""

import pytest
from azure.core.exceptions import AzureError, ClientAuthenticationError, ServiceRequestError

from ordering.storage.accounts import Account, AccountKey, Identity, Proof
from ordering.storage.failures import refused, unreachable

WRONG = "trying again does not help"
BUSY = "The account shop is busy; try again later."
KEY = "refuses the account key of the connection string. Set AzureWebJobsStorage anew."
ROLE = "Assign the role Storage Queue Data Contributor on the account shop to"


def account(proof: Proof | None = None) -> Account:
    return Account("shop", "http://t", "http://q", proof or AccountKey("secret"))


def told(status: int, code: str = "Odd", proof: Proof | None = None) -> str:
    """Return the advice alone."""
    text = str(refused(account(proof), "queue things", status, code))
    begin = f"Queue storage answered {status} ({code or 'no code'}, queue things)."
    assert text.startswith(begin)
    return text.removeprefix(begin).strip()


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (401, "Odd", KEY),
        (403, "AuthenticationFailed", KEY),
        (401, "AuthorizationFailure", "Does the firewall of the account shop let the app in?"),
        (429, "Odd", BUSY),
        (503, "", BUSY),
        (500, "ServerBusy", BUSY),
        (500, "OperationTimedOut", BUSY),
        (400, "Odd", f"The request is one that the service does not take; {WRONG}."),
        (414, "Odd", f"The request is one that the service does not take; {WRONG}."),
        (501, "Odd", f"The request is one that the service does not take; {WRONG}."),
        (413, "Odd", f"The request is too large; {WRONG}."),
    ],
)
def test_an_answer_comes_with_what_to_do(status: int, code: str, advice: str) -> None:
    assert advice in told(status, code)


@pytest.mark.parametrize("status", [402, 404, 409, 412, 415, 500, 502, 504])
def test_where_nothing_is_known_nothing_is_advised(status: int) -> None:
    assert told(status) == ""


def test_an_identity_is_told_its_role_and_not_to_set_a_connection_string() -> None:
    for status in (401, 403):
        assert told(status, proof=Identity(client_id="me")).startswith(ROLE)
        assert "role" not in told(status)


def reason(error: AzureError) -> str:
    text = str(unreachable(account(), "table orders", error))
    assert text.startswith(f"Table storage cannot be reached ({type(error).__name__}: ")
    assert text.endswith("; table orders, account shop). Locally: is Azurite running?")
    return text.partition(": ")[2].rpartition("; table orders")[0]


def nested(depth: int, how: str) -> AzureError:
    """Return an error that holds another one, so many deep."""
    error: Exception = OSError("refused at ?sv=1&sig=abc%2B")
    for number in range(depth):
        outer = ServiceRequestError(f"outer {number}")
        setattr(outer, how, error)
        error = outer
    assert isinstance(error, AzureError)
    return error


@pytest.mark.parametrize("how", ["inner_exception", "reason"])
@pytest.mark.parametrize("depth", [1, 2, 10])
def test_what_the_innermost_error_says_is_told_without_a_signature(how: str, depth: int) -> None:
    assert reason(nested(depth, how)) == "refused at ?sv=1&sig=REDACTED"


def test_an_error_that_was_given_another_one_says_what_that_says() -> None:
    outer = ServiceRequestError("outer")
    outer.args = ("Max retries exceeded", OSError("refused"))
    assert reason(outer) == "refused"


def test_errors_that_hold_each_other_are_told_all_the_same() -> None:
    first, second = ServiceRequestError("first"), ServiceRequestError("second")
    first.inner_exception, second.inner_exception = second, first
    assert reason(first) in ("first", "second")


def test_an_error_without_words_is_told_by_its_kind() -> None:
    outer = ServiceRequestError("outer")
    outer.inner_exception = TimeoutError()
    assert reason(outer) == "TimeoutError"


def test_an_identity_that_gets_no_token_is_told_where_to_look() -> None:
    error = ClientAuthenticationError("no secret of ours")
    text = str(unreachable(account(Identity(managed=True)), "queue things", error))
    assert text.startswith("Queue storage: no token was given to the app's system-assigned")
    assert "az login" in text and "no secret" not in text
