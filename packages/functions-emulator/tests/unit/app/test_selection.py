"""Which functions of an app run, and what is said of the others."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from functions_emulator.app.loader import load_functions
from functions_emulator.app.selection import Selection, select
from functions_emulator.errors import AppError
from tests.unit.conftest import MakeApp

HTTP = "app = df.DFApp()\n@app.route()\ndef kept(req): ...\n"
BLOB = (
    "@app.blob_trigger(arg_name='b', path='p', connection='C')\n"
    "def stored(b: func.InputStream): ...\n"
)


def chosen(
    root: Path, is_enabled: Callable[[str], bool] = lambda name: True, strict: bool = False
) -> Selection:
    return select(load_functions(root), is_enabled, strict)


def names(selection: Selection) -> list[str]:
    return [function.name for function in selection.functions]


def test_a_function_with_an_unsupported_binding_fails_alone(make_app: MakeApp) -> None:
    selection = chosen(make_app(HTTP + BLOB))
    assert names(selection) == ["kept"]
    assert len(selection.skipped) == 1
    assert selection.skipped[0].startswith("Function stored does not run: the emulator has no")
    assert "blobTrigger 'b'" in selection.skipped[0]


def test_a_disabled_function_is_left_out_before_its_bindings_are_judged(make_app: MakeApp) -> None:
    root = make_app(HTTP + BLOB)
    selection = chosen(root, lambda name: name != "stored", strict=True)
    assert (names(selection), selection.disabled, selection.skipped) == (["kept"], ("stored",), ())


def test_strict_refuses_the_app_and_names_every_such_function(make_app: MakeApp) -> None:
    source = HTTP + BLOB + BLOB.replace("stored", "other")
    with pytest.raises(AppError, match=r"Function stored .* \| Function other .*; --strict") as it:
        chosen(make_app(source), strict=True)
    assert "\n" not in str(it.value)


def test_the_bindings_are_judged_before_the_signature(make_app: MakeApp) -> None:
    wrong = BLOB.replace("b: func.InputStream", "b: func.HttpRequest, more")
    assert "blobTrigger" in chosen(make_app(HTTP + wrong)).skipped[0]


@pytest.mark.parametrize(
    ("decorator", "parameter", "advice"),
    [
        ("blob_trigger(arg_name='b', path='p', connection='C')", "b", "Azurite"),
        ("blob_output(arg_name='b', path='p', connection='C')", "b", "azure-storage-blob"),
        ("table_input(arg_name='t', connection='C', table_name='n')", "t", "azure-data-tables"),
        (
            "service_bus_queue_trigger(arg_name='m', connection='C', queue_name='q')",
            "m",
            "Service Bus emulator",
        ),
        (
            "service_bus_queue_output(arg_name='m', connection='C', queue_name='q')",
            "m",
            "azure-servicebus",
        ),
        (
            "event_hub_message_trigger(arg_name='e', connection='C', event_hub_name='h')",
            "e",
            "Event Hubs emulator",
        ),
        ("event_grid_trigger(arg_name='e')", "e", "HTTP function"),
        ("warm_up_trigger(arg_name='w')", "w", "nothing is missing here"),
        ("generic_trigger(arg_name='x', type='newTrigger')", "x", "`func start`"),
        ("generic_output_binding(arg_name='x', type='new')", "x", "SDK"),
    ],
)
def test_the_advice_fits_the_binding(
    make_app: MakeApp, decorator: str, parameter: str, advice: str
) -> None:
    trigger = "" if "rigger" in decorator else "@app.route()\n"
    parameters = f"req, {parameter}" if trigger else parameter
    source = f"{HTTP}{trigger}@app.{decorator}\ndef f({parameters}): ...\n"
    (line,) = chosen(make_app(source)).skipped
    assert line.startswith("Function f does not run") and advice in line
    assert "queue trigger" not in line


def test_a_queue_name_with_a_binding_expression_fails_alone(make_app: MakeApp) -> None:
    source = (
        HTTP + "@app.route()\n@app.queue_output(arg_name='o', queue_name='{name}', connection='C')"
        "\ndef f(req: func.HttpRequest, o: func.Out[str]): ...\n"
    )
    (line,) = chosen(make_app(source)).skipped
    assert "queue '{name}'" in line and "%SETTING%" in line


def test_an_app_of_the_second_durable_sdk_is_told_by_its_bindings(make_app: MakeApp) -> None:
    trigger = "@app.generic_trigger(arg_name='c', type='orchestrationTrigger'{})\ndef {}(c): ...\n"
    second = trigger.format(", durableRequiresGrpc=True", "second")
    loaded = chosen(make_app(HTTP + trigger.format("", "first") + second)).functions
    assert [each.name for each in loaded if each.speaks_grpc] == ["second"]


def test_http_streams_stop_the_http_functions_alone(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The package switches every HTTP function of the app over when it is imported.
    checker = SimpleNamespace(http_v2_enabled=lambda: True)
    module = SimpleNamespace(HttpV2FeatureChecker=checker)
    monkeypatch.setitem(sys.modules, "azurefunctions.extensions.base", module)
    source = (
        "app = func.FunctionApp()\n@app.route()\ndef streams(req: int): ...\n"
        "@app.timer_trigger(arg_name='t', schedule='0 0 0 1 1 *')\ndef tick(t): ...\n"
    )
    selection = chosen(make_app(source))
    assert names(selection) == ["tick"]
    assert "Function streams does not run: the emulator has no HTTP streams" in selection.skipped[0]
