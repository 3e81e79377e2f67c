"""The tables of the shops, and how ours compares with the best of DBOS."""

from __future__ import annotations

from typing import Any

from benchmarks.beside.figures import IN_FLIGHT
from benchmarks.figures import cell, lines

SPEED = (
    "",
    *(f"orders/s at {level}" for level in IN_FLIGHT),
    *(f"p95 ms at {n}" for n in IN_FLIGHT),
)
COST = (
    "",
    *(f"CPU ms, server + store, at {level}" for level in IN_FLIGHT),
    "kill -9: answers after s",
    "all invoiced after s",
    "of unfinished",
    "bytes an order",
)
NOTES = (
    "An order in stock, from its request until it has its invoice. Customers, server and store",
    "share the machine. Ours keeps its state in SQLite and Azurite in memory, theirs in Postgres",
    "with synchronous_commit=off: each survives the end of any of its server's processes.",
    "Customers ask each server over HTTP which of their orders have ended: ours its host, theirs",
    "its processes in turn, each of which looks into DBOS's own table. After each run all orders",
    "have one invoice, one payment and their pieces out of stock.",
)


def table(result: dict[str, Any]) -> list[str]:
    """Return the lines: speed, cost, the comparison and what is to be known of it."""
    contenders = result["contenders"]
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    return [
        f"The same order on DBOS with Postgres, {result['rounds']} rounds in turns",
        "",
        *lines(SPEED, [_speed(each) for each in contenders]),
        "",
        *lines(COST, [_cost(each) for each in contenders]),
        "",
        *(_compared(level, result) for level in IN_FLIGHT),
        "",
        *NOTES,
        f"{versions}. Load of the machine {cell(result['loads'])}.",
        "",
    ]


def _speed(contender: dict[str, Any]) -> list[str]:
    return [
        contender["words"],
        *(cell(contender[f"orders_at_{level}"], 0) for level in IN_FLIGHT),
        *(f"{contender[f'p95_at_{level}']['median']:.0f}" for level in IN_FLIGHT),
    ]


def _cost(contender: dict[str, Any]) -> list[str]:
    def median(key: str) -> float:
        return float(contender[key]["median"])

    return [
        contender["words"],
        *(
            f"{median(f'server_cpu_at_{level}'):.1f} + {median(f'store_cpu_at_{level}'):.1f}"
            for level in IN_FLIGHT
        ),
        cell(contender["up_s"]),
        cell(contender["recovered_s"]),
        cell(contender["unfinished"], 0),
        cell(contender["bytes"], 0),
    ]


def _compared(level: int, result: dict[str, Any]) -> str:
    found = result["times_their_best"][str(level)]
    words = {each["key"]: each["words"] for each in result["contenders"]}
    ahead = "" if found["ratio"]["median"] >= 1 else " BEHIND"
    return (
        f"- {level} in flight: {cell(found['ratio'], 2)} times the orders of their best, "
        f"`{words[found['ours']]}` over `{words[found['theirs']]}`, round by round.{ahead}"
    )
