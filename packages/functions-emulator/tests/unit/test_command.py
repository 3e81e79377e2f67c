"""The command as a person meets it: `functions-emulator start`, in a process of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest

import functions_emulator
from tests.support import free_port
from tests.unit.conftest import MakeApp

OWN_FOLDER = Path(functions_emulator.__file__).parent
MODULE = (sys.executable, "-m", "functions_emulator")
SCRIPT = (shutil.which("functions-emulator", path=sysconfig.get_path("scripts")) or "missing",)
HTTP_APP = """
    import threading, time
    app = func.FunctionApp()

    @app.route(route="orders/{id?}", methods=["GET", "POST"])
    def orders(req: func.HttpRequest) -> str:
        print("printed by the app")
        return "ok"

    @app.route()
    def slow(req: func.HttpRequest) -> str:
        print("slow is running", flush=True)
        time.sleep(float(req.params["seconds"]))
        return "finished"

    @app.timer_trigger(arg_name="t", schedule="0 0 0 1 1 *")
    def yearly(t: func.TimerRequest): ...
"""


class Started:
    """A running emulator and the lines it printed so far."""

    def __init__(self, *command: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.lines: list[str] = []
        self._queue: Queue[str | None] = Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def line_with(self, text: str) -> str:
        """Wait for a line that contains a text."""
        while True:
            line = self._queue.get(timeout=60)
            assert line is not None, f"ended without {text!r}:\n" + "\n".join(self.lines)
            self.lines.append(line)
            if text in line:
                return line

    def url(self) -> str:
        return self.line_with("Host started on").split("started on ")[1].split(". ")[0]

    def end(self, signal_number: int | None = None) -> tuple[int, str]:
        """Return exit code and the whole output; send a signal first if one is given."""
        if signal_number is not None:
            self.process.send_signal(signal_number)
        code = self.process.wait(timeout=60)
        self._reader.join(timeout=5)
        while (line := self._queue.get(timeout=5)) is not None:
            self.lines.append(line)
        return code, "\n".join(self.lines)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def starts() -> Iterator[list[Started]]:
    started: list[Started] = []
    yield started
    for each in started:
        each.close()


def start(starts: list[Started], app_root: Path, *arguments: str) -> Started:
    command = (*MODULE, "start", "--app-root", str(app_root), *(arguments or ("--port", "0")))
    starts.append(Started(*command, folder=app_root.parent))
    return starts[-1]


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=60) as response:
        return str(response.read().decode())


def test_a_start_lists_the_functions_and_serves_them(
    starts: list[Started], make_app: MakeApp
) -> None:
    emulator = start(starts, make_app(HTTP_APP))
    url = emulator.url()
    assert f"\torders: [GET,POST] {url}/api/orders/{{id?}}" in emulator.lines
    assert "\tyearly: timerTrigger" in emulator.lines
    assert json.loads(fetch(f"{url}/admin/host/status"))["state"] == "Running"
    assert fetch(f"{url}/api/orders/7") == "ok"
    emulator.line_with("printed by the app")
    code, output = emulator.end(signal.SIGTERM)
    assert code == 0
    assert "\x1b" not in output and "Traceback" not in output


@pytest.mark.parametrize("command", [MODULE, SCRIPT], ids=["module", "script"])
@pytest.mark.parametrize("inside", [True, False], ids=["in the app's folder", "elsewhere"])
def test_however_it_is_started_imports_are_looked_for_in_the_apps_folder_alone(
    starts: list[Started], make_app: MakeApp, command: tuple[str, ...], inside: bool
) -> None:
    # Names of the emulator's own modules; then those of Python's that the emulator needs.
    names = ["app", "console", "durable", "errors", "host", "triggers", "worker"]
    root = make_app(
        f"""
        import importlib
        app = func.FunctionApp()
        names = {names}
        found = [importlib.import_module(name + ".mine").WHOSE for name in names]
        assert found == names, found
        try:
            import outside
        except ImportError:
            print("nothing else is found")

        @app.route()
        def orders(req: func.HttpRequest) -> str:
            return "ok"
        """,
        files={
            **{f"{name}/mine.py": f"WHOSE = {name!r}" for name in names},
            **{name: "raise RuntimeError('not for you')" for name in ("queue.py", "signal.py")},
        },
    )
    (root.parent / "outside.py").touch()
    where = () if inside else ("--app-root", "app")
    started = Started(
        *command, "start", "--port", "0", *where, folder=root if inside else root.parent
    )
    starts.append(started)
    assert fetch(f"{started.url()}/api/orders") == "ok"
    assert "nothing else is found" in started.lines


def test_ctrl_c_finishes_what_is_in_flight_within_two_seconds(
    starts: list[Started], make_app: MakeApp
) -> None:
    launched = time.monotonic()
    emulator = start(starts, make_app(HTTP_APP))
    answers: Queue[str] = Queue()
    url = f"{emulator.url()}/api/slow?seconds=0.2"
    # A start takes under a second; on a machine that is busy with others all takes longer.
    patience = max(2.0, 2 * (time.monotonic() - launched))
    asking = threading.Thread(target=lambda: answers.put(fetch(url)))
    asking.start()
    emulator.line_with("slow is running")
    began = time.monotonic()
    code, output = emulator.end(signal.SIGINT)
    assert (code, answers.get(timeout=5)) == (0, "finished")
    assert time.monotonic() - began < patience
    assert "Executed 'Functions.slow' (Succeeded" in output
    assert "Traceback" not in output
    asking.join()


def test_a_second_ctrl_c_ends_it_at_once(starts: list[Started], make_app: MakeApp) -> None:
    emulator = start(starts, make_app(HTTP_APP))
    url = f"{emulator.url()}/api/slow?seconds=30"

    def ask() -> None:
        with pytest.raises(OSError):
            fetch(url)

    asking = threading.Thread(target=ask)
    asking.start()
    emulator.line_with("slow is running")
    emulator.process.send_signal(signal.SIGINT)
    emulator.line_with("Stopping")
    assert emulator.end(signal.SIGINT)[0] == 130
    asking.join()


def test_a_function_that_does_not_end_is_left_behind(
    starts: list[Started], make_app: MakeApp
) -> None:
    emulator = start(starts, make_app(HTTP_APP))
    url = f"{emulator.url()}/api/slow?seconds=30"

    def ask() -> None:
        with pytest.raises(OSError):
            fetch(url)

    asking = threading.Thread(target=ask)
    asking.start()
    emulator.line_with("slow is running")
    code, output = emulator.end(signal.SIGTERM)
    assert code == 0
    assert "1 function did not end in time: slow." in output
    asking.join()


def only_line(output: str) -> str:
    lines = [line for line in output.splitlines() if line]
    assert len(lines) == 1, output
    return lines[0]


def test_a_taken_port_is_one_clear_line_that_says_who_has_it(
    starts: list[Started], make_app: MakeApp
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, output = start(starts, make_app(HTTP_APP), "--port", str(port)).end()
    assert code == 1
    line = only_line(output)
    assert line.startswith(f"error: port {port} is in use")
    if sys.platform == "linux":
        assert f"by process {os.getpid()} (" in line
    assert line.endswith(f"or choose another port: --port {port + 1}.")


ORCHESTRATOR = """
app = df.DFApp()
@app.orchestration_trigger(context_name="context")
def nothing(context):
    yield
"""


def test_a_second_app_on_one_state_file_is_told_who_has_it(
    starts: list[Started], make_app: MakeApp, tmp_path: Path
) -> None:
    root, state = make_app(ORCHESTRATOR), str(tmp_path / "shared.db")
    first = start(starts, root, "--port", "0", "--state", state)
    url = first.url()
    code, output = start(starts, root, "--port", "0", "--state", state).end()
    assert code == 1
    line = only_line(output)
    assert f"(process {first.process.pid}, {url})" in line and "--state" in line
    assert first.end(signal.SIGTERM)[0] == 0
    third = start(starts, root, "--port", "0", "--state", state)
    third.url()
    assert third.end(signal.SIGKILL)[0] != 0
    again = start(starts, root, "--port", "0", "--state", state)  # What a kill leaves is no owner.
    again.url()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def f(:", "error: function_app.py:3: SyntaxError: invalid syntax: def f(:"),
        ("import nowhere", "error: function_app.py:3: ModuleNotFoundError"),
        (
            "app = func.FunctionApp()\n"
            "@app.queue_trigger(arg_name='m', queue_name='%Q%', connection='Storage')\n"
            "def work(m: str): ...",
            "error: function work, queueTrigger 'm' uses %Q%",
        ),
        (
            "app = func.FunctionApp()\n"
            "@app.queue_trigger(arg_name='m', queue_name='q', connection='Mine')\n"
            "def work(m: str): ...",
            "error: function work, queueTrigger 'm': there is no app setting 'Mine'",
        ),
        (
            "app = func.FunctionApp()\n@app.timer_trigger(arg_name='t', schedule='hourly')\n"
            "def tick(t: func.TimerRequest): ...",
            "error: cannot load function tick: the schedule expression 'hourly'",
        ),
        (
            "app = func.FunctionApp()\n@app.route(route='{id:integer}')\ndef f(req): ...",
            "error: cannot load function f: the route constraint 'integer' is unknown",
        ),
    ],
)
def test_a_mistake_in_the_app_is_one_clear_line(
    starts: list[Started], make_app: MakeApp, source: str, message: str
) -> None:
    code, output = start(starts, make_app(source), "--port", "0", "--no-reload").end()
    assert code == 1
    assert only_line(output).startswith(message)


def test_an_exception_at_import_shows_the_apps_own_frames_only(
    starts: list[Started], make_app: MakeApp
) -> None:
    root = make_app("import helper", files={"helper.py": "1 / 0"})
    code, output = start(starts, root, "--port", "0", "--no-reload").end()
    assert code == 1
    assert output.splitlines()[-1] == "error: helper.py:1: ZeroDivisionError: division by zero"
    assert str(OWN_FOLDER) not in output


def test_a_missing_azurite_is_one_warning_and_http_goes_on(
    starts: list[Started], make_app: MakeApp
) -> None:
    source = HTTP_APP + (
        "\n    @app.queue_trigger(arg_name='m', queue_name='q', connection='AzureWebJobsStorage')"
        "\n    def work(m: str): ...\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    storage = (
        "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;"
        f"QueueEndpoint=http://127.0.0.1:{port}/a;"
    )
    root = make_app(
        source,
        host={"extensions": {"queues": {"maxPollingInterval": "00:00:00.1"}}},
        values={"AzureWebJobsStorage": storage},
    )
    emulator = start(starts, root)
    url = emulator.url()
    line = emulator.line_with("WARNING: Queue 'q' of function work cannot be polled")
    assert f"127.0.0.1:{port}" in line and "Is Azurite" in line
    time.sleep(0.5)  # Several polls: they must not repeat the warning.
    assert fetch(f"{url}/api/orders") == "ok"
    code, output = emulator.end(signal.SIGTERM)
    assert code == 0
    assert output.count("cannot be polled") == 1


def test_a_disabled_function_is_not_served(starts: list[Started], make_app: MakeApp) -> None:
    emulator = start(starts, make_app(HTTP_APP, values={"AzureWebJobs.orders.Disabled": "true"}))
    url = emulator.url()
    assert "Function orders is disabled." in emulator.lines
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        fetch(f"{url}/api/orders")
    caught.value.close()


BLOB = """
    @app.blob_trigger(arg_name="b", path="p", connection="C")
    def stored(b: func.InputStream): ...
"""


def test_a_binding_without_an_extension_stops_its_function_alone(
    starts: list[Started], make_app: MakeApp
) -> None:
    emulator = start(starts, make_app(HTTP_APP + BLOB))
    url = emulator.url()
    warning = next(line for line in emulator.lines if "WARNING" in line)
    assert "Function stored does not run" in warning and "blobTrigger 'b'" in warning
    assert not any(line.startswith("\tstored") for line in emulator.lines)
    assert fetch(f"{url}/api/orders") == "ok"


def test_strict_refuses_an_app_that_would_run_in_part(
    starts: list[Started], make_app: MakeApp
) -> None:
    options = ("--port", "0", "--strict", "--no-reload")
    code, output = start(starts, make_app(HTTP_APP + BLOB), *options).end()
    assert code == 1
    assert only_line(output).startswith("error: Function stored does not run")


def test_port_and_cors_of_local_settings_are_honoured(
    starts: list[Started], make_app: MakeApp
) -> None:
    port = free_port()
    root = make_app(HTTP_APP, values={})
    host = {"LocalHttpPort": port, "CORS": "https://shop.example"}
    (root / "local.settings.json").write_text(json.dumps({"Values": {}, "Host": host}))
    emulator = start(starts, root, "--address", "127.0.0.1")
    assert emulator.url() == f"http://localhost:{port}"
    request = urllib.request.Request(
        f"http://localhost:{port}/api/orders", headers={"Origin": "https://shop.example"}
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        assert response.headers["Access-Control-Allow-Origin"] == "https://shop.example"


def test_what_is_not_honoured_is_named_at_start_one_line_each(
    starts: list[Started], make_app: MakeApp
) -> None:
    host = {"watchFiles": ["a.txt"], "extensions": {"http": {"maxConcurrentRequests": 5}}}
    emulator = start(starts, make_app(HTTP_APP, host=host))
    emulator.url()
    named = [line for line in emulator.lines if "is not honoured" in line]
    assert len(named) == 2 and not any("WARNING" in line for line in named)
    assert "watchFiles" in named[0] and "extensions.http.maxConcurrentRequests" in named[1]


def test_a_low_log_level_of_host_json_is_not_that_of_pythons_root_logger(
    starts: list[Started], make_app: MakeApp
) -> None:
    # As test_debug_logging and test_debug_user_logging of the Python worker have it.
    source = """
    import logging
    app = func.FunctionApp()

    @app.route()
    def log(req: func.HttpRequest) -> str:
        logging.debug("debug of root")
        own = logging.getLogger("own")
        own.setLevel(logging.DEBUG)
        own.debug("debug of own")
        return str(logging.getLogger().level)
    """
    host = {"logging": {"logLevel": {"default": "Trace"}}}
    emulator = start(starts, make_app(source, host=host))
    assert fetch(f"{emulator.url()}/api/log") == "20"
    emulator.line_with("debug of own")
    assert "debug of root" not in emulator.end(signal.SIGTERM)[1]
