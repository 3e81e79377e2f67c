"""The emulator beside Microsoft's own azure-functions-runtime: the same apps, the same answers."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

if importlib.util.find_spec("azure_functions_runtime") is None:
    pytest.skip("`make conformance` runs these, on Python 3.13.", allow_module_level=True)

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parents[1]
SAMPLES = PACKAGE / "tests" / "e2e" / "apps"
APPS = {
    "shapes": HERE / "apps" / "shapes",
    "orders": PACKAGE / "examples" / "orders",
    **{folder.name: folder for folder in sorted(SAMPLES.iterdir()) if folder.is_dir()},
}
NOW = "2026-11-25T02:00:00.0000000Z"
Case = dict[str, Any]


def case(function: str, kind: str, value: Any, name: str = "req", **metadata: Any) -> Case:
    return {
        "id": "11111111-2222-3333-4444-555555555555",
        "function": function,
        "inputs": {name: [kind, value]},
        "metadata": metadata,
    }


def http(function: str, body: str = "", method: str = "GET", **query: str) -> Case:
    request = {
        "method": method,
        "url": "http://localhost:7071/api/x?shape=1",
        "headers": {"content-type": "application/json", "x-given": "1,2"},
        "params": {"kind": "tea"},
        "query": query,
        "body": body,
    }
    return case(function, "http", request)


def message(function: str, kind: str, value: str, name: str = "msg") -> Case:
    metadata = {
        "Id": ["string", "m-1"],
        "DequeueCount": ["json", "2"],  # The host writes all but text and bytes as JSON.
        "PopReceipt": ["string", "receipt"],
        "InsertionTime": ["string", "2026-11-25T02:00:00+00:00"],
        "ExpirationTime": ["string", "2026-12-02T02:00:00+00:00"],
        "NextVisibleTime": ["string", "2026-11-25T02:10:00+00:00"],
    }
    return case(function, kind, value, name, **metadata)


def turn(function: str, given: Any, *history: dict[str, Any]) -> Case:
    first = [
        {"EventType": 12, "EventId": -1, "IsPlayed": False, "Timestamp": NOW},
        {
            "EventType": 0,
            "EventId": -1,
            "IsPlayed": False,
            "Timestamp": NOW,
            "Name": function,
            "Version": "",
            "Input": json.dumps(given),
        },
    ]
    body = {
        "history": [*first, *history],
        "input": json.dumps(given),
        "instanceId": "order-1",
        "isReplaying": bool(history),
        "parentInstanceId": None,
        "upperSchemaVersion": 1,
        "upperSchemaVersionNew": 2,
        "longRunningTimerIntervalDuration": "3.00:00:00",
        "maximumShortTimerDuration": "6.00:00:00",
        "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
    }
    return case(function, "json", json.dumps(body), "context")


def event(kind: int, id_: int = -1, **fields: Any) -> dict[str, Any]:
    return {"EventType": kind, "EventId": id_, "IsPlayed": False, "Timestamp": NOW, **fields}


def done(id_: int, name: str, result: Any) -> list[dict[str, Any]]:
    """Schedule an activity, end the turn, begin another and complete it there."""
    return [
        event(4, id_, Name=name, Version="", Input="null"),
        event(13),
        event(12),
        event(5, TaskScheduledId=id_, Result=json.dumps(result)),
    ]


def batch(function: str, state: Any, *operations: tuple[str, Any]) -> Case:
    body = {
        "self": {"name": function, "key": "a"},
        "exists": state is not None,
        "state": None if state is None else json.dumps(state),
        "batch": [
            {"name": name, "input": json.dumps(json.dumps(value)), "isSignal": False}
            for name, value in operations
        ],
    }
    return case(function, "json", json.dumps(body), "context")


SHAPES = "text nothing empty bytes status headers cookies expires dict raises number".split()
CASES: dict[str, list[Case]] = {
    "shapes": [
        http("echo", '{"a": "ä"}', "POST", q="1,2"),
        *(http("shaped", shape=shape) for shape in [*SHAPES, "json cookie"]),
        http("shaped"),  # KeyError
        http("set_out", "body", "POST"),
        message("forward", "string", "hello"),
        message("forward", "bytes", "hello"),
        message("returns_without_a_binding", "string", "hello"),
        message("plain_text", "string", "hello"),
        case("tick", "json", json.dumps({"IsPastDue": True, "Schedule": {}}), "timer"),
    ],
    "orders": [
        case("Reserve", "json", '["tea", "cup"]', "items"),
        case("Reserve", "json", '["unicorn"]', "items"),
        case("Ship", "json", '["tea"]', "items"),
        turn("Order", {"items": ["tea"]}),
        turn("Order", {"items": ["tea"]}, *done(0, "Reserve", True)),
        turn("Order", {"items": ["tea"]}, *done(0, "Reserve", False)),
        turn("Order", None),  # it raises
    ],
    "samples": [
        case("say_hello", "json", '"Tokyo"', "city"),
        case("say_hello", "json", '{"name": "London"}', "city"),
        case("say_hello", "string", "Tokyo", "city"),
        case("add_one", "json", "1", "number"),
        case("add_one", "json", '"one"', "number"),  # it raises
        case("square", "json", "5", "number"),
        case("list_work", "json", "3", "count"),
        case("clean_up", "json", "3", "number"),
        turn("hello_cities", None),
        turn("hello_cities", None, *done(0, "say_hello", "Hello Tokyo!")),
        turn("approval", None),
        turn("count_up", {"key": "a"}),
        batch("counter_entity", None, ("add", 3), ("add", 4), ("get", None)),
        batch("counter_entity", 5, ("add_and_fail", None), ("delete", None)),
        batch("counter_entity", 5, ("spoil", None)),
        batch("account", 10, ("withdraw", 20), ("deposit", 1)),
        batch("journal", ["x"], ("write", "y"), ("count", None)),
    ],
    "asgi": [],
    "wsgi": [],
    "workers": [http("size", "abc", "POST")],
    "entity_queue": [batch("shelf", 1, ("add", 2))],
}


@cache
def protocol() -> TemporaryDirectory[str]:
    """Compile the messages."""
    folder = TemporaryDirectory()
    options = [f"-I{HERE}", f"--python_out={folder.name}", "wire.proto"]
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *options], check=True)
    return folder


@cache
def answers_of(side: str, app: str) -> dict[str, Any]:
    wire = [protocol().name] if side == "by_microsoft" else []
    done = subprocess.run(
        [sys.executable, str(HERE / f"{side}.py"), *wire, str(APPS[app])],
        input=json.dumps(CASES.get(app, [])),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def both(app: str, read: Callable[[dict[str, Any]], Any]) -> tuple[Any, Any]:
    return read(answers_of("by_emulator", app)), read(answers_of("by_microsoft", app))


@pytest.mark.parametrize("app", APPS)
def test_the_same_functions_have_the_same_bindings(app: str) -> None:
    ours, theirs = both(
        app, lambda found: {name: each["bindings"] for name, each in found["functions"].items()}
    )
    assert ours == theirs


DIRECTIONS = {0: "IN", 1: "OUT", 2: "INOUT"}
DATA_TYPES = {0: "UNDEFINED", 1: "STRING", 2: "BINARY", 3: "STREAM"}


def named(raw: dict[str, Any]) -> dict[str, Any]:
    """Write enumerations as azure.functions' JSON does: by their names."""
    named = dict(raw)
    if isinstance(raw.get("direction"), int):
        named["direction"] = DIRECTIONS[raw["direction"]]
    if isinstance(raw.get("dataType"), int):
        named["dataType"] = DATA_TYPES[raw["dataType"]]
    if "authLevel" in raw:
        named["authLevel"] = raw["authLevel"].upper()
    return named


@pytest.mark.parametrize("app", APPS)
def test_the_bindings_have_the_same_json(app: str) -> None:
    def raw(found: dict[str, Any]) -> dict[str, Any]:
        return {
            name: sorted((named(raw) for raw in each["raw"]), key=lambda raw: raw["name"])
            for name, each in found["functions"].items()
        }

    ours, theirs = both(app, raw)
    assert ours == theirs


def test_a_retry_policy_is_the_same() -> None:
    ours, theirs = both("shapes", lambda found: found["functions"]["tick"]["retry"])
    assert theirs == {
        "max_retry_count": 2,
        "delay_interval": "5s",
        "retry_strategy": "fixed_delay",
    }
    assert ours == [2, 5.0, None]


@pytest.mark.parametrize(
    ("app", "index"),
    [
        pytest.param(app, index, id=f"{app}-{index}-{each['function']}")
        for app, cases in CASES.items()
        for index, each in enumerate(cases)
    ],
)
def test_an_invocation_comes_to_the_same(app: str, index: int) -> None:
    ours, theirs = both(app, lambda found: comparable(found["answers"][index]))
    assert ours == theirs


def comparable(answer: dict[str, Any]) -> dict[str, Any]:
    """Leave out when an entity's operations ran, and the words of refusals of a returned value."""
    error = answer.get("error", "")
    if error.startswith("TypeError: unable to encode ") or "without a $return binding" in error:
        return {"error": error.partition(":")[0]}
    kind, *values = answer.get("returned") or [None]
    if kind == "json" and '"entityState"' in values[0]:
        batch = json.loads(values[0])
        for result in batch["results"]:
            del result["duration"], result["startTime"]
        return {**answer, "returned": batch}
    return answer


def test_the_cases_fail_where_they_are_meant_to_and_nowhere_else() -> None:
    failed = {
        f"{app} {index} {CASES[app][index]['function']}"
        for app in CASES
        for index, answer in enumerate(answers_of("by_microsoft", app)["answers"])
        if "error" in answer
    }
    assert failed == {
        "shapes 2 shaped",
        "shapes 9 shaped",
        "shapes 10 shaped",
        "shapes 11 shaped",
        "shapes 13 shaped",
        "shapes 17 returns_without_a_binding",
        "orders 6 Order",
        "samples 4 add_one",
        "samples 14 counter_entity",
    }
