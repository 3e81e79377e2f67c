"""The workflows are valid, run what the Makefile has, and use actions that cannot change."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.hosts import ROOT, free_port

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in read(path)["jobs"].values():
        yield from job["steps"]


@each_workflow
def test_it_fits_the_schema(path: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    done = subprocess.run(
        [*command, "vendor.github-workflows", str(path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@each_workflow
def test_every_action_is_one_commit_whose_version_a_comment_names(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert used
    for each in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each), each


def test_one_action_has_one_version() -> None:
    used = {
        each
        for path in WORKFLOWS
        for each in re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    }
    assert len(used) == len({each.split("@")[0] for each in used})


@each_workflow
def test_it_asks_for_no_more_rights_than_it_needs(path: Path) -> None:
    needed = {"contents": "read", **({"id-token": "write"} if path.stem == "deploy" else {})}
    workflow = read(path)
    assert workflow["permissions"] == needed
    assert "concurrency" in workflow
    for job in workflow["jobs"].values():
        assert "permissions" not in job
        assert job["timeout-minutes"] <= 45
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"persist-credentials": False}


@each_workflow
def test_its_make_targets_and_files_exist(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?m)^\.PHONY: (.*)$", makefile))
    scripts = [step["run"] for step in steps(path) if "run" in step]
    for script in scripts:
        for target in re.findall(r"\bmake ([a-z][\w-]*)", script):
            assert target in targets
        for named in re.findall(r"(?<!\.)\b((?:packages|tools|tests)/[\w./-]+)", script):
            assert (ROOT / named).exists() or named == "tests/browser", named


def test_every_part_of_make_test_is_run() -> None:
    scripts = "\n".join(str(step.get("run")) for step in steps(ROOT / ".github/workflows/ci.yml"))
    for target in ("lint", "unit", "integration", "e2e"):
        assert f"make {target}\n" in f"{scripts}\n"


def test_the_pythons_are_those_that_the_project_supports() -> None:
    jobs = read(ROOT / ".github/workflows/ci.yml")["jobs"]
    assert jobs["emulator"]["strategy"]["matrix"]["python"] == ["3.10", "3.11", "3.12", "3.13"]


def test_a_deployment_keeps_every_parameter_that_a_variable_sets() -> None:
    parameters = (ROOT / "infra/main.parameters.json").read_text(encoding="utf-8")
    wanted = set(re.findall(r"\$\{([A-Z_]+)", parameters))
    job = read(ROOT / ".github/workflows/deploy.yml")["jobs"]["deploy"]
    given = dict(job["env"])
    for step in job["steps"]:
        given.update(step.get("env", {}))
    login = {"AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_SUBSCRIPTION_ID"}
    assert set(given) == wanted | login
    secret = {"STRIPE_API_KEY"}
    for name, value in given.items():
        assert value == f"${{{{ {'secrets' if name in secret else 'vars'}.{name} }}}}"


def test_the_start_up_check_works_here_too(tmp_path: Path) -> None:
    path = ROOT / ".github/workflows/ci.yml"
    (script,) = [step["run"] for step in steps(path) if step.get("shell") == "python"]
    done = subprocess.run(
        [sys.executable, "-c", script.replace("7079", str(free_port()))],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "hello" in done.stdout


@each_workflow
def test_the_settings_are_text(path: Path) -> None:
    # YAML makes a number of 3.10.
    text = json.dumps(read(path)["jobs"])
    assert not re.search(r'"(?:python|python-version|node-version)": \[?\d', text)
