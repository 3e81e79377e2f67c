"""Index and invoke an app with azure-functions-runtime: WIRE_FOLDER APP_ROOT < cases > answers."""

import asyncio
import json
import os
import sys
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

wire_folder, app_root = sys.argv[1:]
sys.path.insert(0, wire_folder)

import wire_pb2 as wire  # noqa: E402
from azure_functions_runtime import handle_event  # noqa: E402
from google.protobuf.json_format import MessageToDict  # noqa: E402

SAME_SITE = {1: "lax", 2: "strict", 3: "none"}


def request(**content: Any) -> SimpleNamespace:
    properties = {"host": "127.0.0.1", "protos": wire}
    return SimpleNamespace(request=wire.StreamingMessage(**content), properties=properties)


def typed(kind: str, value: Any) -> Any:
    if kind == "http":
        body = wire.TypedData(bytes=value["body"].encode())
        return wire.TypedData(http=wire.RpcHttp(**{**value, "body": body}))
    return wire.TypedData(**{kind: value.encode() if kind == "bytes" else value})


def told(data: Any) -> Any:
    kind = data.WhichOneof("data")
    if kind is None:
        return None
    value = getattr(data, kind)
    if kind == "http":
        cookies = [set_cookie(cookie) for cookie in value.cookies]
        body = told(value.body)
        return ["http", value.status_code, dict(value.headers), cookies, body]
    return [kind, value.decode("latin-1") if kind == "bytes" else value]


def set_cookie(cookie: Any) -> str:
    """Write a cookie as ASP.NET does for the host."""
    parts = [f"{cookie.name}={quote(cookie.value, safe='')}"]
    if cookie.HasField("expires"):
        parts.append(f"expires={formatdate(cookie.expires.value.seconds, usegmt=True)}")
    if cookie.HasField("max_age"):
        parts.append(f"max-age={int(cookie.max_age.value)}")
    parts += [f"domain={cookie.domain.value}", f"path={cookie.path.value}"]
    if cookie.secure.value:
        parts.append("secure")
    if cookie.same_site in SAME_SITE:
        parts.append(f"samesite={SAME_SITE[cookie.same_site]}")
    if cookie.http_only.value:
        parts.append("httponly")
    return "; ".join(parts)


def succeeded(answer: Any) -> Any:
    if answer.result.status != wire.StatusResult.Success:
        sys.exit(answer.result.exception.stack_trace or answer.result.exception.message)
    return answer


async def invoke(function_id: str, case: dict[str, Any]) -> dict[str, Any]:
    inputs = [
        wire.ParameterBinding(name=name, data=typed(*given))
        for name, given in case["inputs"].items()
    ]
    metadata = {name: typed(*given) for name, given in case["metadata"].items()}
    asked = wire.InvocationRequest(
        invocation_id=case["id"],
        function_id=function_id,
        input_data=inputs,
        trigger_metadata=metadata,
    )
    answer = await handle_event.invocation_request(request(invocation_request=asked))
    if answer.result.status != wire.StatusResult.Success:
        return {"error": answer.result.exception.message}
    outputs = {output.name: told(output.data) for output in answer.output_data}
    returned = told(answer.return_value) if answer.HasField("return_value") else None
    return {"outputs": outputs, "returned": returned}


async def main() -> None:
    cases = json.load(sys.stdin)
    init = wire.WorkerInitRequest(function_app_directory=app_root)
    succeeded(await handle_event.worker_init_request(request(worker_init_request=init)))
    indexed = succeeded(await handle_event.functions_metadata_request(request()))
    ids = {}
    for function in indexed.function_metadata_results:
        ids[function.name] = function.function_id
        load = wire.FunctionLoadRequest(function_id=function.function_id)
        succeeded(await handle_event.function_load_request(request(function_load_request=load)))
    functions = {
        function.name: {
            "bindings": {
                name: [each.type, wire.BindingInfo.Direction.Name(each.direction)]
                for name, each in function.bindings.items()
            },
            "raw": [json.loads(raw) for raw in function.raw_bindings],
            "retry": MessageToDict(function.retry_options, preserving_proto_field_name=True),
        }
        for function in indexed.function_metadata_results
    }
    answers = [await invoke(ids[case["function"]], case) for case in cases]
    answers_file.write(json.dumps({"functions": functions, "answers": answers}))


# What the app prints is not the answer.
answers_file = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
os.chdir(app_root)
sys.path.insert(0, app_root)
asyncio.run(main())
answers_file.close()
