"""docs/openapi.yaml is the app's: its routes, methods and names, neither more nor fewer."""

from typing import Any

import pytest
import yaml

from clients.list_query import STAGES
from tools.hosts import ROOT

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


@pytest.fixture(scope="module")
def description() -> Any:
    return yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8"))


def routes_of(functions: list[Any]) -> dict[tuple[str, str], str]:
    """Return the function of each method and path."""
    found = {}
    for function in functions:
        for binding in function.get_bindings():
            if binding.type == "httpTrigger" and binding.route:
                route = binding.get_dict_repr()
                path = "/api/" + route["route"].replace("{*", "{")
                for method in route["methods"]:
                    name = str(getattr(method, "value", method)).lower()
                    found[name, path] = function.get_function_name()
    return found


def test_it_describes_every_route_and_method_of_the_app_and_no_other(
    description: Any, functions: list[Any]
) -> None:
    described = {
        (method, path): operation["operationId"]
        for path, item in description["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }
    assert described == routes_of(functions)


def test_every_part_of_a_path_is_described(description: Any) -> None:
    shared = description["components"]["parameters"]
    for path, item in description["paths"].items():
        given = [
            shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
            for each in item.get("parameters", ())
        ]
        named = {each["name"] for each in given if each["in"] == "path"}
        assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}, path


def test_it_names_the_stages_of_the_app(description: Any) -> None:
    assert tuple(description["components"]["schemas"]["Stage"]["enum"]) == STAGES
