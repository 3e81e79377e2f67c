import pytest

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.errors import AppError
from functions_emulator.triggers.router import Router


def http(name: str, route: str | None, *methods: str) -> FunctionDefinition:
    properties = {"route": route, **({"methods": list(methods)} if methods else {})}
    return FunctionDefinition(name, print, Binding("req", "httpTrigger", "in", properties))


def found(router: Router, method: str, path: str) -> str | None:
    match = router.match(method, path)
    return None if match is None else match[0].function.name


def test_the_method_is_part_of_the_route() -> None:
    router = Router([http("read", "x", "GET"), http("write", "x", "POST", "put")], "api")
    assert [found(router, m, "/api/x") for m in ("GET", "POST", "PUT", "DELETE", "HEAD")] == [
        "read",
        "write",
        "write",
        None,
        None,
    ]


def test_a_function_without_methods_takes_all() -> None:
    router = Router([http("any", "x")], "api")
    assert {found(router, m, "/api/x") for m in ("GET", "PATCH", "OPTIONS", "HEAD")} == {"any"}


def test_the_function_name_is_the_default_route() -> None:
    assert found(Router([http("Hello", "")], "api"), "GET", "/api/hello") == "Hello"


def test_the_prefix_may_be_empty_or_long() -> None:
    assert found(Router([http("f", "x")], ""), "GET", "/x") == "f"
    router = Router([http("f", "x")], "shop/v1")
    assert [found(router, "GET", path) for path in ("/shop/v1/x", "/x", "/api/x")] == [
        "f",
        None,
        None,
    ]


def test_a_leading_slash_is_dropped_where_there_is_no_prefix() -> None:
    router = Router([http("app", "/{*route}"), http("named", "/named")], "")
    assert [found(router, "GET", path) for path in ("/", "/a/b", "/named")] == [
        "app",
        "app",
        "named",
    ]


@pytest.mark.parametrize("route", ["/x", "~/x", "/{*route}"])
def test_a_leading_slash_behind_a_prefix_is_refused_with_what_to_do(route: str) -> None:
    with pytest.raises(AppError, match=r'cannot load function f: .*"routePrefix": ""'):
        Router([http("f", route)], "api")


def test_the_more_specific_route_wins_whatever_the_order_of_declaration() -> None:
    functions = [
        http("rest", "{*rest}"),
        http("any", "orders/{id}"),
        http("number", "orders/{id:int}"),
        http("literal", "orders/new"),
        http("lines", "orders/{id}/lines"),
        http("short", "things/{id?}"),
        http("long", "things/{id}/{part?}"),
    ]
    paths = {
        "/api/orders/new": "literal",
        "/api/orders/7": "number",
        "/api/orders/x": "any",
        "/api/orders/x/lines": "lines",
        "/api/things": "short",
        "/api/things/x": "long",
        "/api/a/b": "rest",
        "/api": "rest",
    }
    for order in (functions, functions[::-1]):
        router = Router(order, "api")
        assert {path: found(router, "GET", path) for path in paths} == paths


def test_a_route_whose_method_differs_does_not_hide_a_less_specific_one() -> None:
    router = Router([http("new", "orders/new", "POST"), http("any", "orders/{id}", "GET")], "api")
    assert found(router, "GET", "/api/orders/new") == "any"


def test_functions_cannot_take_admin_paths() -> None:
    router = Router([http("all", "{*rest}")], "")
    assert found(router, "GET", "/Admin/functions") is None
    assert found(router, "GET", "/administration") == "all"


def test_a_wrong_route_is_reported_with_its_function() -> None:
    with pytest.raises(AppError, match="cannot load function f: the route 'api/{id'"):
        Router([http("f", "{id")], "api")
