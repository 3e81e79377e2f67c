"""Index and invoke an app with the emulator's worker: APP_ROOT < cases > answers."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from azure.functions.meta import Datum

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.app.loader import load_functions
from functions_emulator.failures import FunctionError
from functions_emulator.pool.calls import Invocation
from functions_emulator.pool.in_process import InProcess
from functions_emulator.triggers.cookies import set_cookie_headers


def datum(kind: str, value: Any) -> Datum:
    if kind == "http":
        parts = {
            name: {key: Datum(item, "string") for key, item in part.items()}
            if isinstance(part, dict)
            else Datum(part, "string")
            for name, part in value.items()
        }
        return Datum({**parts, "body": Datum(value["body"].encode(), "bytes")}, "http")
    return Datum(value.encode() if kind == "bytes" else value, kind)


def told(data: Datum | None) -> Any:
    if data is None or data.type is None:
        return None
    if data.type == "http":
        value = data.value
        headers = {name: str(each.value) for name, each in value["headers"].items()}
        cookies = set_cookie_headers(value.get("cookies") or [])
        return ["http", str(value["status_code"].value), headers, cookies, told(value["body"])]
    if data.type == "bytes":
        return ["bytes", data.value.decode("latin-1")]
    if data.type in ("dict", "list"):  # gRPC has no such thing; the worker sends JSON.
        return ["json", json.dumps(data.value)]
    return [data.type, data.value]


async def invoke(
    workers: InProcess, function: FunctionDefinition, case: dict[str, Any]
) -> dict[str, Any]:
    inputs = {name: datum(*given) for name, given in case["inputs"].items()}
    trigger = inputs.pop(function.trigger.name)
    client = next((each.value for each in inputs.values()), None)
    metadata = {name: datum(*given) for name, given in case["metadata"].items()}
    asked = Invocation(function, trigger, metadata, client, case["id"])
    try:
        outputs = await workers.call(asked)
    except FunctionError as error:
        return {"error": f"{error.type_name}: {error}"}
    returned = told(outputs.pop("$return", None))
    return {
        "outputs": {name: told(each) for name, each in outputs.items()},
        "returned": returned,
    }


async def main() -> None:
    cases = json.load(sys.stdin)
    # As the worker does, on a running loop.
    functions = {function.name: function for function in load_functions(Path(sys.argv[1]))}
    indexed = {
        name: {
            "bindings": {
                each.name: [each.type, each.direction]
                for each in (function.trigger, *function.bindings)
            },
            "raw": [dict(each.properties) for each in (function.trigger, *function.bindings)],
            "retry": None if function.retry is None else function.retry.described(),
        }
        for name, function in functions.items()
    }
    async with InProcess(functions.values()) as workers:
        answers = [await invoke(workers, functions[case["function"]], case) for case in cases]
    answers_file.write(json.dumps({"functions": indexed, "answers": answers}))


answers_file = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
asyncio.run(main())
answers_file.close()
