"""What a program asks of the world, and what it is told: all of it values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ordering.errors import GatewayUnavailable, OrderClosed, StorageUnavailable
from ordering.storage.tables import Row

# A row's content as a value, and whether its ETag is the one that the row has now.
Content = tuple[tuple[str, Any], ...]


class Seen(NamedTuple):
    """A row as a program has read or written it; `current` until somebody else writes it."""

    table: str
    key: tuple[str, str]
    content: Content
    current: bool


class Request(NamedTuple):
    """What a program asks of the world; `writes` if it may change it."""

    kind: str
    table: str
    details: Any
    writes: bool


class Answer(NamedTuple):
    """What it is told; `failed` is the class of an error, `rows` what it has seen by it."""

    value: Any = None
    rows: tuple[Seen, ...] = ()
    failed: str = ""


class Pause(BaseException):
    """The program has come to a request that has no answer."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.request = request


@dataclass
class Replay:
    """Answers a program's requests with those that are known."""

    answers: Sequence[Answer]
    at: int = 0

    def ask(self, kind: str, table: str, details: Any, writes: bool = False) -> Answer:
        if self.at == len(self.answers):
            raise Pause(Request(kind, table, details, writes))
        answer = self.answers[self.at]
        self.at += 1
        if answer.failed:
            raise _ERRORS[answer.failed]
        return answer


_ERRORS = {
    "storage": StorageUnavailable("refused"),
    "gateway": GatewayUnavailable("refused"),
    "closed": OrderClosed("cancelled"),
}


def freeze(row: Mapping[str, Any]) -> Content:
    return tuple(sorted(row.items()))


def thaw(seen: Seen) -> Row:
    return Row(dict(seen.content), "now" if seen.current else "stale")
