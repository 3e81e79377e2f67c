"""What can happen to a worker process: it is asked to end itself, to block, to talk much."""

import ctypes
import gc
import logging
import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
calls = 0
listening: list[socket.socket] = []


def meet(path: str) -> None:
    """Say that the code has come here, and stay until the file of the other name is there."""
    Path(path).write_text(str(os.getpid()))
    while not Path(path + ".go").exists():
        time.sleep(0.01)


@app.route()
def whoami(req: func.HttpRequest) -> str:
    global calls
    calls += 1
    return f"{os.getpid()} {calls} {os.environ['PYTHON_THREADPOOL_THREAD_COUNT']}"


@app.route()
def garbage(req: func.HttpRequest) -> str:
    return f"{gc.get_freeze_count()} {gc.get_threshold()[0]}"


@app.route()
def wait(req: func.HttpRequest) -> str:
    meet(req.params["file"])
    return "went on"


@app.route()
async def leave(req: func.HttpRequest) -> str:
    os._exit(int(req.params["code"]))


@app.route()
def crash(req: func.HttpRequest) -> str:
    return str(ctypes.string_at(0))


@app.route()
async def fork(req: func.HttpRequest) -> str:
    child = multiprocessing.get_context("fork").Process(target=log_much)
    child.start()
    log_much()
    child.join()
    return str(child.exitcode)


def log_much() -> None:
    for number in range(500):
        logging.info("%d %s", number, "x" * 10_000)


@app.route(methods=["POST"])
def size(req: func.HttpRequest) -> func.HttpResponse:
    body = req.get_body()
    return func.HttpResponse(body[::-1], headers={"X-Size": str(len(body))})


@app.route()
def flood(req: func.HttpRequest) -> str:
    for number in range(int(req.params["lines"])):
        logging.info("line %d of the flood", number)
        print("printed line", number)
    os.write(1, b"written past Python\n")
    return "flooded"


@app.route()
async def block(req: func.HttpRequest) -> str:
    Path(req.params["file"]).touch()
    time.sleep(60)
    return "never"


@app.route()
def threads(req: func.HttpRequest) -> str:
    return str(threading.active_count())


@app.route()
def listen(req: func.HttpRequest) -> str:
    listening.append(socket.create_server(("127.0.0.1", 0)))
    return str(listening[-1].getsockname()[1])


@app.queue_trigger(arg_name="msg", queue_name="work", connection="AzureWebJobsStorage")
def work(msg: func.QueueMessage) -> None:
    folder = Path(msg.get_body().decode())
    (folder / f"try{msg.dequeue_count}").touch()
    if msg.dequeue_count == 1:
        os._exit(9)


@app.orchestration_trigger(context_name="context")
def once(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    result = yield context.call_activity("step", context.get_input())
    return result


@app.activity_trigger(input_name="step")
def step(step: dict) -> str:  # type: ignore[type-arg]
    folder = Path(step["folder"])
    tried = len(list(folder.glob("tried*")))
    (folder / f"tried{tried}").touch()
    if tried == 0:
        if step["how"] == "leave":
            os._exit(3)
        meet(str(folder / "here"))
    return f"tried {tried + 1} times"


@app.entity_trigger(context_name="context")
def tally(context: df.DurableEntityContext) -> None:
    folder = Path(context.get_input()["folder"])
    tried = len(list(folder.glob("tried*")))
    (folder / f"tried{tried}").touch()
    context.set_state(context.get_state(lambda: 0) + 1)
    if tried == 0:
        os._exit(3)


@app.orchestration_trigger(context_name="context")
def spins(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    Path(context.get_input()["file"]).touch()
    while True:
        pass
    yield
