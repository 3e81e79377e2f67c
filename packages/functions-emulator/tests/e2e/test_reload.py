"""Files of the app change while the emulator runs it."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.sample_host import DURABLE, ENDED, PATIENCE
from tests.support import HostProcess, in_thread, wait_until

HOST_JSON = {
    "version": "2.0",
    "extensionBundle": {
        "id": "Microsoft.Azure.Functions.ExtensionBundle",
        "version": "[4.*, 5.0.0)",
    },
}
APP = """
import time
from pathlib import Path
import azure.durable_functions as df
import azure.functions as func
import helper

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route()
def hello(req: func.HttpRequest) -> str:
    return helper.TEXT

@app.route()
def slow(req: func.HttpRequest) -> str:
    Path(req.params["file"]).touch()
    time.sleep(1.5)
    return "finished by " + helper.TEXT

@app.orchestration_trigger(context_name="context")
def waits(context):
    yield context.wait_for_external_event("Go")
    return (yield context.call_activity("say", None))

@app.activity_trigger(input_name="x")
def say(x) -> str:
    return helper.TEXT

@app.orchestration_trigger(context_name="context")
def blocks(context):
    if helper.TEXT == "old":
        Path(context.get_input()["file"]).touch()
        while True:
            pass
    return (yield context.call_activity("say", None))

@app.orchestration_trigger(context_name="context")
def works(context):
    return (yield context.call_activity("work", context.get_input()["file"]))

@app.activity_trigger(input_name="file")
def work(file) -> str:
    Path(file).touch()
    while helper.TEXT == "old":
        time.sleep(0.1)
    return helper.TEXT
"""


class Edited:
    """An app in a folder of its own, on an emulator that watches it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "app"
        self.root.mkdir()
        self.write("host.json", json.dumps(HOST_JSON))
        self.write("function_app.py", APP)
        self.write("helper.py", 'TEXT = "old"\n')
        state = folder / "state.db"
        self.host = HostProcess(self.root, state, folder / "host.log", {})

    def write(self, name: str, text: str) -> None:
        """Write a file as editors do, at once: nobody sees it empty."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".new").write_text(text)
        path.with_suffix(".new").replace(path)

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        return requests.request(method, self.host.base_url + path, timeout=60, **arguments)

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", "/admin/host/status").json()
        return found

    def says(self, text: str) -> bool:
        answer = self.call("GET", "/api/hello")
        return answer.ok and answer.text == text

    def wait_for_state(self, state: str) -> None:
        assert wait_until(lambda: self.status()["state"] == state, PATIENCE), self.host.log


@pytest.fixture
def edited(tmp_path: Path) -> Iterator[Edited]:
    app = Edited(tmp_path)
    with app.host:
        yield app


def test_changed_code_is_taken_up_and_a_waiting_orchestration_goes_on_with_it(
    edited: Edited,
) -> None:
    assert edited.says("old")
    started = edited.call("POST", f"{DURABLE}/orchestrators/waits").json()
    edited.write("helper.py", 'TEXT = "changed"\n')
    assert wait_until(lambda: edited.says("changed"), PATIENCE), edited.host.log
    assert "helper.py has changed: the app is loaded anew." in edited.host.log
    path = f"{DURABLE}/instances/{started['id']}"
    assert edited.call("POST", f"{path}/raiseEvent/Go", json={}).status_code == 202

    def ended() -> bool:
        return edited.call("GET", path).json()["runtimeStatus"] in ENDED

    assert wait_until(ended, PATIENCE)
    assert edited.call("GET", path).json()["output"] == "changed"


def test_what_runs_may_finish_before_the_new_code_is_loaded(edited: Edited, tmp_path: Path) -> None:
    file = tmp_path / "file"
    thread, answers = in_thread(lambda: edited.call("GET", "/api/slow", params={"file": str(file)}))
    assert wait_until(file.exists, PATIENCE)
    edited.write("helper.py", 'TEXT = "changed"\n')
    thread.join(PATIENCE)
    assert answers[0].text == "finished by old"
    assert wait_until(lambda: edited.says("changed"), PATIENCE)


def test_what_does_not_finish_is_cut_off_and_runs_again_with_the_new_code(
    edited: Edited, tmp_path: Path
) -> None:
    paths = {}
    for name in ("works", "blocks"):
        file = tmp_path / name
        started = edited.call("POST", f"{DURABLE}/orchestrators/{name}", json={"file": str(file)})
        paths[name] = f"{DURABLE}/instances/{started.json()['id']}"
        assert wait_until(file.exists, PATIENCE)
    edited.write("helper.py", 'TEXT = "changed"\n')
    assert wait_until(lambda: edited.says("changed"), PATIENCE), edited.host.log
    for path in paths.values():

        def ended(path: str = path) -> bool:
            return edited.call("GET", path).json()["runtimeStatus"] in ENDED

        assert wait_until(ended, PATIENCE), edited.host.log
        assert edited.call("GET", path).json()["output"] == "changed"


def test_a_mistake_shows_its_traceback_and_the_cure_is_taken_up(edited: Edited) -> None:
    edited.write("helper.py", "TEXT = 'never'\n1 / 0\n")
    edited.wait_for_state("Error")
    assert edited.status()["errors"] == ["helper.py:2: ZeroDivisionError: division by zero"]
    answer = edited.call("GET", "/api/hello")
    assert (answer.status_code, answer.text) == (503, "Function host is not running.")
    assert 'helper.py", line 2, in <module>\n    1 / 0' in edited.host.log
    assert edited.call("GET", f"{DURABLE}/instances").status_code == 503
    edited.write("helper.py", 'TEXT = "cured and well"\n')
    edited.wait_for_state("Running")
    assert edited.says("cured and well")
    assert "errors" not in edited.status()


def test_settings_are_read_anew(edited: Edited) -> None:
    http = {"extensions": {"http": {"routePrefix": "other"}}}
    edited.write("host.json", json.dumps({**HOST_JSON, **http}))
    assert wait_until(lambda: edited.call("GET", "/other/hello").ok, PATIENCE)
    assert edited.call("GET", "/api/hello").status_code == 404
    edited.write("host.json", "{")
    edited.wait_for_state("Error")
    assert "host.json:1" in edited.status()["errors"][0]


def test_other_files_change_nothing(edited: Edited) -> None:
    (edited.root / "my venv").mkdir()
    for name in ("my venv/pyvenv.cfg", "notes.txt"):
        edited.write(name, "x")
    for name in (".venv/a.py", "my venv/b.py", "node_modules/c.py", "__pycache__/d.py"):
        edited.write(name, "x = 1\n")
    edited.write("helper.py", 'TEXT = "and now"\n')
    assert wait_until(lambda: edited.says("and now"), PATIENCE)
    assert edited.host.log.count("loaded anew") == 1


def test_an_app_that_is_broken_at_the_start_is_waited_for(tmp_path: Path) -> None:
    edited = Edited(tmp_path)
    edited.write("helper.py", "import nowhere_to_be_found\n")
    process = subprocess.Popen(
        edited.host.command(), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        wait_until(lambda: answers(edited), PATIENCE)
        edited.wait_for_state("Error")
        edited.write("helper.py", 'TEXT = "found"\n')
        edited.wait_for_state("Running")
        assert edited.says("found")
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=20)[0].decode()
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert "error: helper.py:1: ModuleNotFoundError" in output


def answers(edited: Edited) -> bool:
    try:
        return bool(edited.status())
    except requests.RequestException:
        return False


@pytest.mark.parametrize(
    ("helper", "words"),
    [
        (
            "import time\n\ntime.sleep(99)\n",
            "the app within 10 s; it is still at helper.py:3",
        ),
        ("import os\n\nos._exit(5)\n", "exited with code 5 (0x5) while it loaded the app"),
    ],
)
def test_an_app_that_does_not_get_loaded_is_a_clear_error(
    tmp_path: Path, helper: str, words: str
) -> None:
    edited = Edited(tmp_path)
    edited.write("helper.py", helper)
    # Nothing before it that takes its time: a busy machine needs seconds for the SDK alone.
    edited.write("function_app.py", "import helper\n")
    done = subprocess.run(
        [*edited.host.command(), "--no-reload"],
        env={**os.environ, "EMULATOR_WORKER_START_TIMEOUT": "00:00:10"},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 1
    assert words in done.stderr


def test_what_the_settings_and_the_bindings_say_holds_from_the_next_load_on(edited: Edited) -> None:
    origin = {"Origin": "https://shop.example"}
    allowed = "Access-Control-Allow-Origin"
    assert allowed not in edited.call("GET", "/api/hello", headers=origin).headers
    settings = {"Values": {}, "Host": {"CORS": origin["Origin"]}}
    edited.write("local.settings.json", json.dumps(settings))
    blob = "@app.blob_trigger(arg_name='b', path='p', connection='C')\ndef stored(b): ...\n"
    edited.write("function_app.py", APP + blob)

    def is_allowed() -> bool:
        headers = edited.call("GET", "/api/hello", headers=origin).headers
        return headers.get(allowed) == origin["Origin"]

    assert wait_until(is_allowed, PATIENCE), edited.host.log
    assert wait_until(lambda: "Function stored does not run" in edited.host.log, PATIENCE)
    assert edited.says("old")


def test_without_reload_nothing_is_watched(tmp_path: Path) -> None:
    edited = Edited(tmp_path)
    command = edited.host.command
    edited.host.command = lambda: [*command(), "--no-reload"]  # type: ignore[method-assign]
    with edited.host:
        edited.write("helper.py", 'TEXT = "changed"\n')
        # What is not to come cannot be awaited: longer than a watcher needs.
        time.sleep(2.5)
        assert edited.says("old")
    shutil.rmtree(edited.root)
