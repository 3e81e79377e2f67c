import socket
import time
from pathlib import Path

import pytest

from tools import hosts
from tools.hosts import Host, HostChoice, choose_host, find_core_tools, free_port, port_is_free
from tools.processes import ToolError


def put_func(folder: Path, script: str) -> str:
    executable = folder / "func"
    executable.write_text(f"#!/bin/sh\n{script}\n")
    executable.chmod(0o755)
    return str(folder)


def test_core_tools_that_answer_with_their_version_are_found(tmp_path: Path) -> None:
    executable, finding = find_core_tools(put_func(tmp_path, "echo 4.0.7512"))
    assert executable == str(tmp_path / "func")
    assert finding == "Core Tools 4.0.7512 answer"


def test_core_tools_whose_download_failed_are_no_use(tmp_path: Path) -> None:
    path = put_func(tmp_path, "echo 'Error: spawn func ENOENT' >&2; exit 1")
    executable, finding = find_core_tools(path)
    assert executable == ""
    assert "does not answer `--version` with a version 4" in finding


def test_core_tools_of_another_major_version_are_no_use(tmp_path: Path) -> None:
    assert find_core_tools(put_func(tmp_path, "echo 3.0.4899"))[0] == ""


def test_a_func_that_is_not_executable_by_this_machine_is_no_use(tmp_path: Path) -> None:
    path = put_func(tmp_path, "")
    (tmp_path / "func").write_bytes(b"\x7fELF for another machine")
    executable, finding = find_core_tools(path)
    assert executable == ""
    assert "does not answer" in finding


def test_without_core_tools_the_finding_says_so(tmp_path: Path) -> None:
    assert find_core_tools(str(tmp_path)) == ("", "Core Tools (`func`) are not installed")


def test_auto_takes_core_tools_where_they_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "find_core_tools", lambda: ("/bin/func", "Core Tools 4.1 answer"))
    assert choose_host() == HostChoice("func", "Core Tools 4.1 answer", "/bin/func")


def test_auto_takes_the_emulator_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "find_core_tools", lambda: ("", "func is not there"))
    assert choose_host() == HostChoice("emulator", "func is not there")


def test_asking_for_core_tools_that_are_not_there_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hosts, "find_core_tools", lambda: ("", "func is not there"))
    with pytest.raises(ToolError, match="HOST=func, but func is not there"):
        choose_host("func")


def test_an_unknown_host_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(ToolError, match="HOST=auto, HOST=func or HOST=emulator"):
        choose_host("fun")


def test_a_free_port_is_none_that_an_outgoing_connection_may_take() -> None:
    ports = {free_port() for _ in range(200)}
    assert len(ports) == 200
    assert all(port_is_free(port) and 1024 < port < 32_768 for port in ports)


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert not port_is_free(port)
    assert port_is_free(port)


def test_a_host_that_ends_at_once_is_an_error_with_what_it_printed(tmp_path: Path) -> None:
    put_func(tmp_path, "echo 'Missing value for AzureWebJobsStorage'; exit 1")
    host = func_host(tmp_path)
    with pytest.raises(ToolError, match="did not start[^$]*Missing value for AzureWebJobsStorage"):
        host.start()
    assert not host.running


def test_a_host_that_stays_up_without_functions_fails_fast(tmp_path: Path) -> None:
    put_func(
        tmp_path, "echo 'No job functions found. Try making your job classes public'; sleep 60"
    )
    start = time.monotonic()
    with pytest.raises(ToolError, match="No job functions found"):
        func_host(tmp_path).start()
    assert time.monotonic() - start < 10


def test_core_tools_get_the_port_the_settings_and_the_python_of_this_venv(tmp_path: Path) -> None:
    put_func(
        tmp_path,
        'echo "$@ / $AzureWebJobsStorage / $ORDER_WAIT_SECONDS / $(command -v python)"; exit 1',
    )
    host = func_host(tmp_path)
    with pytest.raises(ToolError) as error:
        host.start()
    printed = str(error.value).splitlines()[-1]
    python = Path(hosts.sys.prefix) / "bin" / "python"
    assert printed == f"start --port {host.base_url.split(':')[-1]} / storage / 60 / {python}"


def func_host(folder: Path) -> Host:
    return Host(
        HostChoice("func", "for a test", str(folder / "func")),
        port=free_port(),
        storage="storage",
        state=folder / "state.db",
        output=folder / "host.log",
        app_root=folder,
        settings={"ORDER_WAIT_SECONDS": "60"},
    )
