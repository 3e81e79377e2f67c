"""The plugin in pytest: which app, which host, what a failure shows, and what is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugin.conftest import ALONE, ORDERS, RunTests
from tests.support import HostProcess, wait_until

USES_THE_APP = """
    def test_app(functions):
        assert functions.start("Order", {"items": []}).wait("Running").exists
"""
# The app notes its worker process and the host: a test can see whether they are still there.
NOTES_ITS_PROCESSES = """
import os, pathlib
for pid in (os.getpid(), os.getppid()):
    pathlib.Path(__file__).with_name(f"{pid}.pid").touch()
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def processes(root: Path) -> list[int]:
    return [int(path.stem) for path in root.glob("*.pid")]


@pytest.fixture
def noting(orders: Path) -> Path:
    with (orders / "function_app.py").open("a") as file:
        file.write(NOTES_ITS_PROCESSES)
    return orders


def test_a_project_that_does_not_use_it_pays_nothing(
    pytester: pytest.Pytester, run_tests: RunTests
) -> None:
    run_tests("""
        import sys

        def test_what_is_loaded():
            ours = {name for name in sys.modules if name.startswith("functions_emulator")}
            assert ours == {"functions_emulator", "functions_emulator.pytest_plugin"}
            assert not {"aiohttp", "azure", "sqlite3"} & sys.modules.keys()
    """).assert_outcomes(passed=1)


def test_the_sample_app_is_tested_in_no_time(
    record_property: Callable[[str, object], None],
) -> None:
    test = "tests/test_orders.py::test_an_unpaid_order_expires"
    before, started = used_by_pytest("--collect-only", test), time.perf_counter()
    used = used_by_pytest(test)
    seconds, after = time.perf_counter() - started, used_by_pytest("--collect-only", test)
    record_property("measured", f"{seconds:.1f} s, {used:.1f} s of the processor")
    # pytest, the host and its worker, beside what a pytest needs on this machine, as busy as it
    # is, to find its one test: six times that, and under two seconds where nothing else runs.
    assert used < 5 * (before + after)


def used_by_pytest(*arguments: str) -> float:
    """Run pytest on the sample app; return the seconds of the processor that this takes."""
    before = os.times()
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *ALONE, "-p", "no:cacheprovider", *arguments],
        cwd=ORDERS,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    after = os.times()
    return (
        after.children_user + after.children_system - before.children_user - before.children_system
    )


# Which app.


@pytest.mark.usefixtures("orders")
def test_settings_come_from_a_fixture_and_from_a_marker(
    pytester: pytest.Pytester, run_tests: RunTests, orders: Path
) -> None:
    (orders / "function_app.py").write_text("""
import os
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route(route="setting")
def setting(req: func.HttpRequest) -> str:
    return os.environ["SHOP"] + " " + os.environ.get("MOOD", "") + str(os.getpid())
""")
    run_tests("""
        import pytest

        @pytest.fixture
        def functions_settings():
            return {"SHOP": "tea"}

        answers = []

        @pytest.mark.parametrize("time", [1, 2])
        def test_fixture(functions, time):
            answers.append(functions.get("/api/setting").text)
            assert answers[-1].startswith("tea ")

        @pytest.mark.functions_app(MOOD="good")
        def test_marker(functions):
            assert functions.get("/api/setting").text.startswith("tea good")

        def test_one_host_serves_those_with_the_same():
            assert len(set(answers)) == 1

        def test_no_time_to_skip_without_orchestrations(functions):
            from functions_emulator.testing import FunctionsError
            with pytest.raises(FunctionsError, match="no durable functions"):
                functions.skip(days=1)
    """).assert_outcomes(passed=5)


def test_the_root_comes_from_the_settings_a_marker_or_a_fixture(
    pytester: pytest.Pytester, run_tests: RunTests, orders: Path
) -> None:
    app = orders / "shop"
    app.mkdir()
    for name in ("function_app.py", "host.json"):
        (orders / name).rename(app / name)
    (orders / "pytest.ini").write_text("[pytest]\nfunctions_app_root = shop\n")
    run_tests(USES_THE_APP).assert_outcomes(passed=1)
    (orders / "pytest.ini").write_text("[pytest]\n")
    marked = USES_THE_APP.replace("def", "@pytest.mark.functions_app('shop')\n    def")
    run_tests("    import pytest" + marked).assert_outcomes(passed=1)
    run_tests(
        """
    import pathlib
    import pytest

    @pytest.fixture
    def functions_app_root():
        return pathlib.Path(__file__).parent / "shop"
    """
        + USES_THE_APP
    ).assert_outcomes(passed=1)


# What a failure shows.


@pytest.mark.usefixtures("orders")
def test_a_failure_shows_the_instances_and_the_log(run_tests: RunTests) -> None:
    result = run_tests("""
        def test_before(functions):
            functions.start("Order", {"items": ["before"]}, id="of-another-test").wait()

        def test_tea(functions):
            functions.start("Order", {"items": ["tea"]}, id="order-7")
            functions.instance("order-7").wait_for(custom_status={"stage": "AwaitingPayment"})
            functions.instance("order-7").raise_event("Paid", 700)
            assert functions.instance("order-7").wait().output["stage"] == "Lost"
            functions.instance("nobody")
    """)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*-- orchestrations --*",
            'Order order-7: Completed, custom status {"stage": "AwaitingPayment"}',
            '  20??-??-?? ??:??:?? ExecutionStarted Order {"items": [[]"tea"[]]}',
            '  20??-??-?? ??:??:?? TaskCompleted Reserve [[]"tea"[]] -> true',
            "  20??-??-?? ??:??:?? TimerCreated due *",
            "  20??-??-?? ??:??:?? EventRaised Paid 700",
            "  20??-??-?? ??:??:?? TaskCompleted Ship *",
            '  20??-??-?? ??:??:?? ExecutionCompleted -> {"stage": "Shipped"*',
            "*-- log of the Functions host --*",
            "*order-7: Order completed",
        ]
    )
    result.stdout.no_fnmatch_line("*of-another-test*")


def test_an_app_that_does_not_start_fails_each_test_with_what_it_printed(
    run_tests: RunTests, orders: Path
) -> None:
    (orders / "function_app.py").write_text("import no_such_package\n")
    result = run_tests(USES_THE_APP + USES_THE_APP.replace("test_app", "test_too"))
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        ["The app does not start. Its host printed:", "*No module named 'no_such_package'*"] * 2
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_folder_without_an_app_says_so(pytester: pytest.Pytester, run_tests: RunTests) -> None:
    result = run_tests(USES_THE_APP)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["There is no host.json in * functions_app_root *"])


def test_an_app_without_orchestrations_shows_its_log(run_tests: RunTests, orders: Path) -> None:
    (orders / "function_app.py").write_text("""
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route(route="ping")
def ping(req: func.HttpRequest) -> str:
    return "pong"
""")
    result = run_tests("""
        def test_ping(functions):
            assert functions.get("/api/ping").text == "pang"
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*-- log of the Functions host --*", "*'Functions.ping'*"])
    result.stdout.no_fnmatch_line("*-- orchestrations --*")


DIES = """
import os, signal
@app.route(route="die")
def die(req: func.HttpRequest) -> str:
    {how}
"""


def test_an_app_that_dies_fails_its_test_and_is_there_for_the_next(
    run_tests: RunTests, orders: Path
) -> None:
    with (orders / "function_app.py").open("a") as file:
        file.write(DIES.format(how="os._exit(3)"))
    result = run_tests(
        """
    def test_death(functions):
        assert functions.get("/api/die").ok
    """
        + USES_THE_APP
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*Language Worker Process exited*exited with code 3*"])


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_host_that_has_died_is_started_anew(run_tests: RunTests, orders: Path) -> None:
    with (orders / "function_app.py").open("a") as file:
        file.write(DIES.format(how="os.kill(os.getppid(), signal.SIGKILL)"))
    result = run_tests(
        """
    def test_death(functions):
        functions.get("/api/die")
    """
        + USES_THE_APP
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*GET http://*/api/die got no answer*", "*The host does not tell*"]
    )


# What is left behind.


def test_nothing_is_left_behind(run_tests: RunTests, noting: Path) -> None:
    text = USES_THE_APP + "        assert False\n" + USES_THE_APP.replace("_app", "_too")
    run_tests(text, "-x").assert_outcomes(failed=1)
    assert len(processes(noting)) == 2
    assert not any(map(is_alive, processes(noting)))


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_nothing_is_left_behind_however_it_ends(
    pytester: pytest.Pytester, noting: Path, number: str
) -> None:
    pytester.makepyfile(
        test_app="""
        import pathlib, threading

        def test_waits(functions):
            pathlib.Path(__file__).with_name("waits").touch()
            threading.Event().wait(60)
    """
    )
    command = [sys.executable, "-m", "pytest", *ALONE, "-p", "no:cacheprovider"]
    running = pytester.popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert wait_until((noting / "waits").exists, 30)
    running.send_signal(getattr(signal, number))
    running.wait(30)
    assert len(processes(noting)) == 2
    assert wait_until(lambda: not any(map(is_alive, processes(noting))), 10)


def test_each_worker_of_xdist_has_a_host_of_its_own(run_tests: RunTests, noting: Path) -> None:
    result = run_tests(
        """
    import pytest

    @pytest.mark.parametrize("number", range(4))
    def test_paid(functions, number):
        assert functions.instances() == []
        order = functions.start("Order", {"items": [number]}, id="the-same")
        order.wait_for(custom_status={"stage": "AwaitingPayment"})
        functions.queue("payments").put({"orderId": "the-same"})
        assert order.wait().output["stage"] == "Shipped"
        assert functions.queue("shipped").wait()[0].json() == {"items": [number]}
    """,
        "-n2",
    )
    result.assert_outcomes(passed=4)
    assert len(processes(noting)) == 4  # two hosts, each with a worker process
    assert not any(map(is_alive, processes(noting)))


# Another host.


def test_the_same_tests_run_on_a_host_that_runs_already(
    run_tests: RunTests, orders: Path, tmp_path: Path
) -> None:
    (tmp_path / "host").mkdir()
    host = HostProcess(orders, tmp_path / "host" / "state.db", tmp_path / "host" / "log", {})
    with host:
        result = run_tests(
            USES_THE_APP
            + """
    def test_skip(functions):
        functions.skip(days=7)

    def test_fake(functions):
        functions.fake("Ship", 1)
    """,
            "-rs",
            f"--functions-host={host.base_url}",
        )
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines(
        ["SKIPPED * test_app.py:*functions.skip() needs the emulator*"],
    )


@pytest.mark.skipif(os.name != "posix", reason="the stand-in of Core Tools is a POSIX script")
def test_the_same_tests_run_on_core_tools(
    run_tests: RunTests, noting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "func").write_text(
        f"#!/bin/sh\nexec '{sys.executable}' -m functions_emulator \"$@\" --state {folder}/s.db\n"
    )
    (folder / "func").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    uses_http = """
    def test_http(functions):
        functions.post("/api/orders", json={"items": []})
        assert "Executing 'Functions.place_order'" in functions.log
    """
    result = run_tests(USES_THE_APP + uses_http, "--functions-host=func")
    result.assert_outcomes(passed=2)
    assert not any(map(is_alive, processes(noting)))


def test_core_tools_that_are_not_installed_are_asked_for(
    run_tests: RunTests, orders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    result = run_tests(USES_THE_APP, "--functions-host=func")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*there is no `func` on PATH*"])


def test_a_host_of_another_name_is_refused(run_tests: RunTests) -> None:
    result = run_tests(USES_THE_APP, "--functions-host=fun")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--functions-host=fun: say emulator, func, or an http(s) URL"])
