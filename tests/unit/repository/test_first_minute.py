"""The files that open the project in an editor, a container or Docker name what exists."""

import json
import re
from typing import Any

import pytest
import yaml

from ordering.storage.connection_strings import account_from_connection_string
from tools.hosts import ROOT


def read_jsonc(path: str) -> Any:
    """Read JSON with comments on lines of their own, as Visual Studio Code does."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return json.loads(re.sub(r"(?m)^\s*//.*$", "", text))


def compose() -> Any:
    return yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


TASKS = {task["label"]: task for task in read_jsonc(".vscode/tasks.json")["tasks"]}


def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"(?m)^\.PHONY: (.*)$", makefile))


@pytest.mark.parametrize("path", [".vscode/tasks.json", ".devcontainer/devcontainer.json"])
def test_it_runs_make_targets_that_exist(path: str) -> None:
    text = json.dumps(read_jsonc(path))
    targets = re.findall(r"\bmake ([a-z][\w-]*)", text)
    assert targets and set(targets) <= make_targets()


def test_f5_starts_azurite_then_the_app_then_attaches() -> None:
    first = read_jsonc(".vscode/launch.json")["configurations"][0]
    assert first["request"] == "attach"
    host = TASKS[first["preLaunchTask"]]
    assert host["type"] == "func" and host["isBackground"]
    azurite = TASKS[host["dependsOn"]]
    assert azurite["isBackground"]
    assert TASKS[azurite["dependsOn"]]["command"] == "make setup"


def test_each_launch_starts_a_task_that_exists() -> None:
    for each in read_jsonc(".vscode/launch.json")["configurations"]:
        assert each.get("preLaunchTask", "setup") in TASKS
        if each["request"] == "launch":
            assert each["module"] in ("functions_emulator", "pytest")


def test_azurite_is_waited_for_by_lines_that_it_prints() -> None:
    # Printed by node_modules/azurite/dist/src/azurite.js, in this order.
    waiting = TASKS["azurite"]["problemMatcher"]["background"]
    assert waiting["beginsPattern"] == "^Azurite Blob service is starting"
    assert waiting["endsPattern"] == "^Azurite Table service is successfully listening"


def test_the_extensions_are_the_same_everywhere() -> None:
    container = read_jsonc(".devcontainer/devcontainer.json")["customizations"]["vscode"]
    assert container["extensions"] == read_jsonc(".vscode/extensions.json")["recommendations"]
    assert "python.defaultInterpreterPath" in read_jsonc(".vscode/settings.json")


def test_docker_publishes_on_this_machine_alone() -> None:
    for service in compose()["services"].values():
        for port in service["ports"]:
            assert port.startswith("127.0.0.1:")


def test_docker_reaches_azurite_by_its_service_name() -> None:
    settings = compose()["services"]["host"]["environment"]
    account = account_from_connection_string(settings["AzureWebJobsStorage"])
    assert account.queue_url == "http://azurite:10001/devstoreaccount1"
    assert account.table_url == "http://azurite:10002/devstoreaccount1"
    assert "BlobEndpoint=http://azurite:10000/" in settings["AzureWebJobsStorage"]


def test_docker_takes_the_azurite_of_package_json() -> None:
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    version = wanted["dependencies"]["azurite"]
    image = compose()["services"]["azurite"]["image"]
    assert image == f"mcr.microsoft.com/azure-storage/azurite:{version}"


def test_dockers_keys_are_those_that_requests_http_and_the_comment_name() -> None:
    keys = json.loads(compose()["configs"]["keys"]["content"])
    assert [key["value"] for key in keys["functionKeys"]] == ["local"]
    assert "the key is `local`" in (ROOT / "requests.http").read_text(encoding="utf-8")
    assert "x-functions-key: local" in (ROOT / "compose.yaml").read_text(encoding="utf-8")
    settings = compose()["services"]["host"]["environment"]
    target = compose()["services"]["host"]["configs"][0]["target"]
    assert target == f"{settings['FUNCTIONS_SECRETS_PATH']}/host.json"


def test_the_walk_through_asks_for_routes_that_exist() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "clients").glob("*.py")
    )
    declared = re.findall(r'route="([^"]+)", methods=\["(\w+)"\]', sources)
    routes = [
        (method, re.compile("/api/" + re.sub(r"\{\w+\}", "[^/?]+", route) + r"(\?.*)?$"))
        for route, method in declared
    ]
    text = (ROOT / "requests.http").read_text(encoding="utf-8")
    asked = re.findall(r"(?m)^(GET|POST|PUT) \{\{url\}\}(.*)$", text)
    assert len(asked) == len(re.findall(r"(?m)^### ", text))
    for method, path in asked:
        plain = path.replace("{{order}}", "order-17")
        assert any(method == known and route.match(plain) for known, route in routes), path


def test_the_bodies_of_the_walk_through_are_json() -> None:
    text = (ROOT / "requests.http").read_text(encoding="utf-8")
    bodies = re.findall(r"(?m)^\{(?:.+|\n(?:.*\n)+?)\}$", text)
    assert len(bodies) == 8
    for body in bodies:
        json.loads(body.replace("{{order}}", "order-17"))


def test_the_license_is_that_of_the_package() -> None:
    package = ROOT / "packages/functions-emulator/LICENSE"
    assert (ROOT / "LICENSE").read_bytes() == package.read_bytes()
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")


def test_what_contributing_names_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for named in re.findall(r"`([\w./-]+/[\w./-]*|[\w-]+\.\w+)`", text):
        assert (ROOT / named).exists(), named
    for target in re.findall(r"`make ([a-z][\w-]*)`", text):
        assert target in make_targets()
    assert len(text.splitlines()) <= 60
