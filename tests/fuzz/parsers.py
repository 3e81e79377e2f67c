"""Coverage-guided fuzzing of all that reads what a client sends: `make fuzz-parsers SECONDS=60`.

libFuzzer's arguments come behind it, such as -max_total_time=60, -seed=1 or a folder for a corpus.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ordering", "clients"]):
    from clients.list_query import Place, parse_filter
    from clients.replies import Refused, error_reply
    from ordering.json_input import ContractError, JsonError, parse_json
    from ordering.model import parse_order, parse_placement
    from ordering.notifications import harmless, parse_notification, reserved_name
    from ordering.stock.catalogue import parse_stock_item
    from ordering.stock.restocking import parse_restock

from tests.hostile import EVENT, ITEM, ORDER, RAW
from tools.hosts import ROOT

LARGEST = 64 * 1024
# What a run has found, the next one begins with.
FOLDER = ROOT / ".fuzz"


def parse(body: bytes) -> None:
    """Have each parser read it: it answers, or refuses in its own terms, in under 64 KB."""
    for read in (parse_notification, _read_query):
        try:
            read(body)
        except (ContractError, Refused) as error:
            _answer(error)
    try:
        value = parse_json(body)
    except JsonError:
        return
    assert reserved_name(harmless(value)) is None
    for parser in (parse_order, parse_placement, parse_stock_item, parse_restock):
        try:
            parser(value)
        except ContractError as error:
            _answer(error)


def _read_query(body: bytes) -> None:
    text = body.decode("latin-1")
    parse_filter({"stage": text, "top": text, "continuationToken": text}, {})


def _answer(error: ContractError | Refused) -> None:
    fields = error.errors if isinstance(error, ContractError) else error.fields
    answer = error_reply(400, str(error), fields)
    assert len(answer.get_body()) <= LARGEST
    assert json.loads(answer.get_body())["error"]


def begin_with(folder: Path) -> list[str]:
    """Write what to begin with and the words to build from; return libFuzzer's arguments."""
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    token = Place("page", "o-1").to_text(None)
    seeds = [json.dumps(each).encode() for each in (ORDER, ITEM, EVENT, {"quantity": 1})]
    for number, seed in enumerate([*seeds, token.encode(), b"Failed", b"100", *RAW[:6]]):
        (corpus / f"{number:02d}").write_bytes(seed)
    names = {name for each in (ORDER, ITEM, EVENT, ORDER["items"][0]) for name in each}
    words = [f'\\"{name}\\":' for name in sorted(names)] + [
        "__class__",
        "Proceed",
        "Cancel",
        "1e999",
    ]
    dictionary = folder / "words"
    dictionary.write_text("".join(f'"{word}"\n' for word in words), encoding="ascii")
    return [str(corpus), f"-dict={dictionary}", "-max_len=2048"]


def main() -> None:
    atheris.Setup([*sys.argv, *begin_with(FOLDER)], parse)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
