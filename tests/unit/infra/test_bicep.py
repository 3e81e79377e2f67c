"""The templates fit together; only Azure's own compiler can say more."""

import json
import re
from pathlib import Path

import pytest
import tree_sitter_bicep
import yaml
from tree_sitter import Language, Node, Parser

from ordering.shop import EVENT_QUEUE, POISON_QUEUE
from tests.unit.infra.bicep import FILES, MAIN, MODULES, Bicep
from tools.hosts import ROOT

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
PARAMETERS = ROOT / "infra" / "main.parameters.json"


def mistakes(node: Node) -> list[str]:
    if node.type == "ERROR" or node.is_missing:
        return [f"line {node.start_point.row + 1}: {node.text!r}"]
    return [found for child in node.children for found in mistakes(child)]


@each_file
def test_the_syntax_is_right(path: Path) -> None:
    parser = Parser(Language(tree_sitter_bicep.language()))
    assert mistakes(parser.parse(path.read_bytes()).root_node) == []


@each_file
def test_every_parameter_and_variable_is_used(path: Path) -> None:
    file = Bicep(path)
    declared = [*file.params, *file.variables]
    assert [name for name in declared if file.uses(name) < 1] == []


@each_file
def test_every_module_exists_and_gets_its_parameters(path: Path) -> None:
    for call in Bicep(path).calls:
        target = Bicep(path.parent / call.path)
        assert target.path.is_file(), call.path
        required = {name for name, has_default in target.params.items() if not has_default}
        assert required <= call.params <= set(target.params), call.symbol


@each_file
def test_every_output_of_a_module_that_is_used_exists(path: Path) -> None:
    file = Bicep(path)
    modules = {call.symbol: Bicep(path.parent / call.path) for call in file.calls}
    used = re.findall(r"\b(\w+)!?\.outputs\.(\w+)", file.code)
    missing = [f"{symbol}.{name}" for symbol, name in used if name not in modules[symbol].outputs]
    assert missing == []
    for symbol, module in modules.items():
        assert module.outputs <= {name for whose, name in used if whose == symbol}, symbol


def test_every_module_is_used() -> None:
    assert {MAIN.parent / call.path for call in Bicep(MAIN).calls} == set(MODULES)


@each_file
def test_a_module_that_is_not_always_there_is_asked_only_with_a_condition(path: Path) -> None:
    code = Bicep(path).code
    optional = re.findall(r"(?m)^module (\w+) '[^']+' = if", code)
    for symbol in optional:
        assert f"{symbol}.outputs" not in code
        assert f"{symbol}!.outputs" in code


@each_file
def test_a_file_that_is_loaded_exists(path: Path) -> None:
    for loaded in re.findall(r"loadTextContent\('([^']+)'\)", Bicep(path).code):
        assert (path.parent / loaded).is_file()


def test_a_parameter_of_the_deployment_is_set_by_one_azd_value_with_the_same_default() -> None:
    given = json.loads(PARAMETERS.read_text(encoding="utf-8"))["parameters"]
    main = Bicep(MAIN)
    assert list(given) == list(main.params)
    for name, entry in given.items():
        value = re.fullmatch(r"\$\{([A-Z_]+)(?:=(.*))?\}", entry["value"])
        assert value, name
        default = re.search(rf"(?m)^param {name} \w+ = (.*)$", main.code)
        assert (value[2] or "") == (default[1].strip("'") if default else "")


def test_azd_finds_the_app_by_its_tag() -> None:
    services = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))["services"]
    assert len(services) == 1
    (name,) = services
    assert f"serviceName: '{name}'" in Bicep(MAIN).code
    app = Bicep(ROOT / "infra/modules/app.bicep")
    assert "'azd-service-name': serviceName" in app.code
    assert services[name]["project"] == "."


def test_nothing_takes_a_key() -> None:
    code = "\n".join(Bicep(path).code for path in FILES)
    assert "allowSharedKeyAccess: false" in code
    assert "DisableLocalAuth: true" in code
    assert not re.search(r"listKeys|AccountKey|InstrumentationKey|\bsas\b", code, re.IGNORECASE)


def test_the_queues_are_those_of_the_code() -> None:
    storage = Bicep(ROOT / "infra/modules/storage.bicep").code
    declared = re.search(r"var queues = \[(.*)\]", storage)
    assert declared
    assert re.findall(r"'([^']+)'", declared[1]) == [EVENT_QUEUE, POISON_QUEUE]
