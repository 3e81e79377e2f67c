import typing
from pathlib import Path

import pytest

from functions_emulator.app.functions import FunctionDefinition
from functions_emulator.app.loader import load_functions
from functions_emulator.errors import AppError
from tests.unit.conftest import MakeApp

APP = "app = df.DFApp()\n"


def load(root: Path) -> dict[str, FunctionDefinition]:
    return {function.name: function for function in load_functions(root)}


def test_an_http_function_is_read_with_its_trigger_and_output(make_app: MakeApp) -> None:
    function = load(
        make_app(
            APP
            + """
@app.route(route="orders/{id}", methods=["GET", "POST"])
def orders(req: func.HttpRequest) -> func.HttpResponse: ...
"""
        )
    )["orders"]
    assert (function.trigger.type, function.trigger.name) == ("httpTrigger", "req")
    assert function.trigger.properties["methods"] == ["GET", "POST"]
    assert function.trigger.properties["route"] == "orders/{id}"
    assert [(b.name, b.type, b.direction) for b in function.bindings] == [
        ("$return", "http", "out")
    ]
    assert (function.is_async, function.requires_context) == (False, False)
    assert function.return_converter == "http"


DECORATORS = (
    '@app.function_name("Notify")',
    '@app.queue_trigger(arg_name="msg", queue_name="q", connection="AzureWebJobsStorage")',
    '@app.durable_client_input(client_name="client")',
)


@pytest.mark.parametrize("first", range(3))
@pytest.mark.parametrize("swap", [False, True])
def test_decorators_may_stand_in_any_order(make_app: MakeApp, first: int, swap: bool) -> None:
    rest = [line for index, line in enumerate(DECORATORS) if index != first]
    lines = [DECORATORS[first], *(reversed(rest) if swap else rest)]
    body = "async def f(msg: func.QueueMessage, client: df.DurableOrchestrationClient): ..."
    function = load(make_app(APP + "\n".join([*lines, body])))["Notify"]
    assert function.trigger.type == "queueTrigger"
    assert [binding.type for binding in function.bindings] == ["durableClient"]
    assert function.is_async and function.uses_durable


def test_blueprints_of_other_modules_are_loaded(make_app: MakeApp) -> None:
    root = make_app(
        "from things import steps\napp = df.DFApp()\napp.register_functions(steps.bp)",
        files={
            "things/steps.py": """
                import azure.durable_functions as df
                bp = df.Blueprint()
                @bp.activity_trigger(input_name="order")
                def Check(order: dict) -> bool: return True
            """
        },
    )
    check = load(root)["Check"]
    assert (check.trigger.type, check.return_converter) == ("activityTrigger", "activityTrigger")
    assert check.user_function({}) is True


def test_durable_names_are_the_decorators_or_the_functions(make_app: MakeApp) -> None:
    functions = load(
        make_app(
            APP
            + """
@app.orchestration_trigger(context_name="context", orchestration="Named")
def one(context): yield
@app.activity_trigger(input_name="x")
def two(x: str): ...
@app.entity_trigger(context_name="context", entity_name="Counter")
def three(context): ...
@app.entity_trigger(context_name="context")
def four(context: df.DurableEntityContext): ...
"""
        )
    )
    assert {name: f.durable_name for name, f in functions.items()} == {
        "one": "Named",
        "two": "two",
        "three": "Counter",
        "four": "four",
    }
    assert all(f.uses_durable for f in functions.values())


def test_the_app_runs_in_its_folder_with_its_own_modules_first(make_app: MakeApp) -> None:
    root = make_app(
        """
        import os, helper
        app = func.FunctionApp()
        @app.function_name(helper.NAME + str(os.path.exists("host.json")))
        @app.route()
        def f(req: func.HttpRequest) -> str: ...
        """,
        files={"helper.py": 'NAME = "helped"'},
    )
    assert list(load(root)) == ["helpedTrue"]


def test_another_script_name_is_taken_from_its_setting(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_SCRIPT_FILE_NAME", "other_app.py")
    source = """
        import azure.functions as func
        app = func.FunctionApp()
        @app.route()
        def other(req: func.HttpRequest) -> str: ...
    """
    assert list(load(make_app(files={"other_app.py": source}))) == ["other"]


def test_an_annotation_of_str_gets_the_plain_body(make_app: MakeApp) -> None:
    function = load(
        make_app(
            APP
            + """
@app.queue_trigger(arg_name="msg", queue_name="q", connection="AzureWebJobsStorage")
def f(msg: str, context: func.Context): ...
"""
        )
    )["f"]
    assert function.converters == {"msg": "generic"}
    assert function.requires_context
    assert function.return_converter is None


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("app = func.FunctionApp(", r"function_app\.py:3: SyntaxError: .*never closed"),
        ("import nowhere_to_be_found", r"function_app\.py:3: ModuleNotFoundError: .*pip install"),
        ("x = {}\nx['a']", r"function_app\.py:4: KeyError: 'a'"),
        ("import sys\nsys.exit('no config')", r"function_app\.py:4: SystemExit: no config"),
        ("x = 1", r"function_app\.py has no function app"),
        ("a = df.DFApp()\nb = func.FunctionApp()", "more than one function app"),
        ("app = func.FunctionApp()", "declares no functions; .*register_functions"),
        ("app = func.FunctionApp()\n@app.function_name('x')\ndef f(): ...", "have a trigger"),
    ],
)
def test_an_app_that_does_not_load_says_where_and_why(
    make_app: MakeApp, source: str, message: str
) -> None:
    with pytest.raises(AppError, match=message) as caught:
        load(make_app(source))
    assert "\n" not in str(caught.value)


def test_an_error_in_the_apps_own_module_names_that_module(make_app: MakeApp) -> None:
    root = make_app("import broken", files={"broken.py": "\n\n1 / 0"})
    with pytest.raises(AppError, match=r"^broken\.py:3: ZeroDivisionError") as caught:
        load(root)
    assert 'function_app.py", line 3' in caught.value.details
    assert "emulator" not in caught.value.details


ROUTE = "app = func.FunctionApp()\n@app.route()\n"
QUEUE = (
    "app = func.FunctionApp()\n"
    '@app.queue_trigger(arg_name="msg", queue_name="q", connection="AzureWebJobsStorage")\n'
    '@app.queue_output(arg_name="out", queue_name="o", connection="AzureWebJobsStorage")\n'
)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (ROUTE + "def f(req: func.HttpRequest, other): ...", "parameter 'other' has no binding"),
        (ROUTE + "def f(request): ...", "parameter 'request' has no binding"),
        (ROUTE + "def f(): ...", "httpTrigger 'req' has no parameter"),
        (ROUTE + "def f(req: func.QueueMessage): ...", "type of 'req', QueueMessage"),
        (ROUTE + "def f(req: func.HttpRequest) -> None: ...", "type it returns, .*NoneType"),
        (ROUTE + "def f(req: func.HttpRequest) -> dict: ...", "type it returns, .*dict"),
        (ROUTE + "def f(req, context: int): ...", "'context' must be annotated"),
        (ROUTE + "def f(req: 'Nope'): ...", "an annotation is unknown: .*Nope"),
        (ROUTE + "def f(req: func.HttpRequest | None): ...", "refuses unions"),
        (QUEUE + "def f(msg: func.Out[str], out: func.Out[str]): ...", "must be not func.Out"),
        (QUEUE + "def f(msg: str, out: str): ...", r"must be func\.Out"),
        (QUEUE + "def f(msg: str, out: func.Out[dict]): ...", "type of 'out', dict"),
        (QUEUE + "def f(msg: str, out: func.Out[list[str]]): ...", r"type of 'out', list\[str\]"),
        ("app = func.FunctionApp()\n@app.function_name('a b')\n" + ROUTE.split("\n", 1)[1]
         + "def f(req): ...", "function name 'a b' is illegal"),
        (ROUTE.replace("route()", "route(trigger_arg_name='a__b')") + "def f(a__b): ...",
         "binding name 'a__b' is illegal"),
        (ROUTE.replace("route()", "route(trigger_arg_name='1a')") + "def f(**rest): ...",
         "binding name '1a' is illegal"),
    ],
)  # fmt: skip
def test_a_function_that_does_not_fit_its_bindings_is_refused_by_name(
    make_app: MakeApp, source: str, message: str
) -> None:
    with pytest.raises(AppError, match=message):
        load(make_app(source))


def test_a_list_is_annotated_as_the_converters_know_it(make_app: MakeApp) -> None:
    source = "import typing\n" + QUEUE + "def f(msg: str, out: func.Out[typing.List[str]]): ..."
    assert load(make_app(source))["f"].annotations["out"] == typing.List[str]  # noqa: UP006


def test_two_functions_of_one_name_are_refused(make_app: MakeApp) -> None:
    source = ROUTE + "def f(req): ...\n@app.route(route='g')\ndef F(req): ..."
    with pytest.raises(AppError, match="two functions are called 'f', ignoring case"):
        load(make_app(source))


@pytest.mark.parametrize("name", ["_", "_req", "my_req", "Req1"])
def test_binding_names_may_have_underscores_also_in_front(make_app: MakeApp, name: str) -> None:
    source = ROUTE.replace("route()", f"route(trigger_arg_name={name!r})") + f"def f({name}): ..."
    assert load(make_app(source))["f"].trigger.name == name
