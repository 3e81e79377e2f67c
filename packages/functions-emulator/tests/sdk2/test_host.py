"""The host around an app on azure-functions-durable 2: loaded anew, stopped, refused."""

import shutil
import subprocess
from pathlib import Path

from tests.e2e.sample_host import APPS, PATIENCE, SampleHost
from tests.support import wait_until

PATTERNS = APPS / ".." / ".." / "sdk2" / "apps" / "patterns"


def test_a_changed_file_loads_the_app_anew_and_what_waits_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "app"
    shutil.copytree(PATTERNS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    running = SampleHost(str(folder), tmp_path)
    with running.host:
        waiting = running.start("asks")
        running.wait_for_custom_status(waiting, {"attempt": 1})
        script = folder / "function_app.py"
        changed = script.read_text().replace('return "nobody came"', 'return "nobody at all"')
        script.write_text(changed)
        assert wait_until(lambda: running.host.log.count("Host started") == 2, PATIENCE)
        for attempt in (1, 2, 3):
            running.wait_for_custom_status(waiting, {"attempt": attempt})
            running.advance(3600)
        assert running.wait_for(waiting)["output"] == "nobody at all"


def test_a_state_file_in_use_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    first = SampleHost(str(PATTERNS), tmp_path)
    second = SampleHost(str(PATTERNS), tmp_path)
    with first.host:
        ended = subprocess.run(
            second.host.command(), capture_output=True, text=True, timeout=60, cwd=tmp_path
        )
        assert ended.returncode == 1
        assert "Another emulator" in ended.stderr + ended.stdout


def test_events_to_nobody_vanish_where_the_app_wants_it(tmp_path: Path) -> None:
    setting = "AzureFunctionsJobHost__extensions__durableTask__throwStatusExceptionsOnRaiseEvent"
    for value, status in (("false", 202), ("true", 404)):
        folder = tmp_path / value
        folder.mkdir()
        running = SampleHost(str(PATTERNS), folder, **{setting: value})
        with running.host:
            url = f"{running.host.base_url}/api/tell/nobody"
            assert running.session.post(url, timeout=30).status_code == status
