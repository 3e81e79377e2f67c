import pytest

from functions_emulator.errors import AppError
from functions_emulator.triggers.route_template import RouteTemplate
from functions_emulator.triggers.router import path_segments


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("orders", "/orders", {}),
        ("Orders", "/oRDERS", {}),
        ("orders", "/orders/", {}),
        ("orders", "/orders/1", None),
        ("orders", "/", None),
        ("orders/{id}", "/orders/a%20b", {"id": "a b"}),
        ("orders/{id}", "/orders/a%2Fb", {"id": "a%2Fb"}),
        ("orders/{id}", "/orders/a%252Fb", {"id": "a%2Fb"}),
        ("orders/{id}", "/orders/%C3%A4", {"id": "ä"}),
        ("orders/{id}", "/orders", None),
        ("orders/{id}", "/orders//", None),
        ("orders/{id}", "/orders/1/2", None),
        ("orders/{id}", "/orders/x/../y", {"id": "y"}),
        ("orders/{id}", "/orders/x?a=/b", {"id": "x"}),
        ("orders/{id?}", "/orders", {}),
        ("orders/{id?}", "/orders/1", {"id": "1"}),
        ("orders/{id:int?}", "/orders", {}),
        ("orders/{id:int?}", "/orders/x", None),
        ("orders/{id=7}", "/orders", {"id": "7"}),
        ("orders/{id:int=7}", "/orders/8", {"id": "8"}),
        ("orders/{id:int}", "/orders/12", {"id": "12"}),
        ("orders/{id:int}", "/orders/x", None),
        ("orders/{id:int:min(5)}", "/orders/4", None),
        ("orders/{id:length(2,3)}/lines", "/orders/ab/lines", {"id": "ab"}),
        (r"{ssn:regex(^\d{{3}}-\d{{2}}$)}", "/123-45", {"ssn": "123-45"}),
        (r"{ssn:regex(^\d{{3}}-\d{{2}}$)}", "/123-456", None),
        (r"{a:regex(^(x|y/z)$)}/b", "/x/b", {"a": "x"}),
        ("{*rest}", "/a/b/c", {"rest": "a/b/c"}),
        ("files/{*rest}", "/files", {}),
        ("files/{**rest}", "/files/a//b", {"rest": "a//b"}),
        ("files/{*rest:int}", "/files/12", {"rest": "12"}),
        ("files/{*rest:int}", "/files/x", None),
        ("{name}.{ext}", "/a.b.c", {"name": "a.b", "ext": "c"}),
        ("{name}.{ext}", "/a", None),
        ("{name}.{ext?}", "/a", {"name": "a"}),
        ("{name}.{ext?}", "/a.b.c", {"name": "a.b", "ext": "c"}),
        ("v{version:int}-{kind}", "/v2-beta", {"version": "2", "kind": "beta"}),
        ("v{version:int}-{kind}", "/vx-beta", None),
        ("a{{b}}", "/a{b}", {}),
        ("{a}/{b}/{c?}", "/1/2", {"a": "1", "b": "2"}),
        ("/orders/{id}", "/orders/1", {"id": "1"}),
        ("~/orders", "/orders", {}),
        ("/{*route}", "/a/b", {"route": "a/b"}),
        ("/{*route}", "/", {}),
        ("/", "/", {}),
    ],
)
def test_a_template_matches_as_aspnet_matches(
    template: str, path: str, values: dict[str, str] | None
) -> None:
    assert RouteTemplate(template).match(path_segments(path)) == values


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("~orders", "must not start with '~'"),
        ("//orders", "empty segment"),
        ("a//b", "empty segment"),
        ("{id", "without its '}'"),
        ("id}", "without its '{'"),
        ("{}", "illegal name ''"),
        ("{a}/{A}", "parameter name twice"),
        ("{*a}/b", "must be the last"),
        ("{a=1?}", "cannot be optional and have a default"),
        ("{a:integer}", "constraint 'integer' is unknown"),
    ],
)
def test_a_template_that_aspnet_refuses_is_refused(template: str, message: str) -> None:
    with pytest.raises(AppError, match=message.replace("{", r"\{").replace("}", r"\}")):
        RouteTemplate(template)
