"""What storage's trouble means to a person, without anything that is secret.

No error of the SDK is passed on: its address may hold a shared access signature.
"""

from __future__ import annotations

from azure.core.exceptions import AzureError, ClientAuthenticationError

from ordering.errors import StorageUnavailable
from ordering.storage.accounts import Account, Identity
from ordering.storage.connections import without_signature


def unreachable(account: Account, what: str, error: AzureError) -> StorageUnavailable:
    """Return the error for a request that got no answer; `what` is such as `table orders`."""
    service = what.partition(" ")[0].capitalize()
    if isinstance(error, ClientAuthenticationError):
        return StorageUnavailable(
            f"{service} storage: no token was given to {account.proof} for the account "
            f"{account.name} ({type(error).__name__}, {what}). On Azure, switch the app's identity "
            "on and check AzureWebJobsStorage__credential and __clientId; locally, run az login."
        )
    return StorageUnavailable(
        f"{service} storage cannot be reached ({type(error).__name__}: {_reason(error)}; "
        f"{what}, account {account.name}). Locally: is Azurite running?"
    )


def _reason(error: BaseException) -> str:
    """Return what the innermost error says, such as that a connection was refused."""
    for _ in range(10):
        inside = (getattr(error, "inner_exception", None), getattr(error, "reason", None))
        found = [each for each in (*inside, *error.args) if isinstance(each, BaseException)]
        if not found:
            break
        error = found[0]
    return without_signature(str(error)) or type(error).__name__


def refused(account: Account, what: str, status: int, code: str) -> StorageUnavailable:
    """Return the error for an answer that is one; `code` is the service's."""
    kind = what.partition(" ")[0]
    answer = f"{kind.capitalize()} storage answered {status} ({code or 'no code'}, {what})."
    return StorageUnavailable(" ".join([answer, *_advice(account, kind, status, code)]))


def _advice(account: Account, kind: str, status: int, code: str) -> list[str]:
    if status in (401, 403):
        if code == "AuthorizationFailure":
            return [f"Does the firewall of the account {account.name} let the app in?"]
        if isinstance(account.proof, Identity):
            return [
                f"Assign the role Storage {kind.capitalize()} Data Contributor on the account "
                f"{account.name} to {account.proof}; it takes effect within minutes."
            ]
        return [
            f"The account {account.name} refuses {account.proof}. Set AzureWebJobsStorage anew."
        ]
    if status in (429, 503) or code in ("ServerBusy", "OperationTimedOut"):
        return [f"The account {account.name} is busy; try again later."]
    if status in (400, 414, 501):
        return ["The request is one that the service does not take; trying again does not help."]
    if status == 413:
        return ["The request is too large; trying again does not help."]
    return []
