import importlib
import sys
from types import ModuleType

import pytest

from emulator.durable import sdk_dates
from emulator.durable.sdk_dates import remember_dates

MOMENT = "2026-11-22T22:51:06.123456Z"


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The SDK's module as it was imported."""
    module = importlib.import_module(sdk_dates._MODULE)
    parse = module.dt_parse
    monkeypatch.setattr(module, "dt_parse", getattr(parse, "__wrapped__", parse))
    return module


def test_a_timestamp_is_parsed_once_to_the_same_value(sdk: ModuleType) -> None:
    before = sdk.dt_parse(MOMENT)
    remember_dates()
    after = sdk.dt_parse(MOMENT)
    assert (after, after.tzinfo) == (before, before.tzinfo)
    assert sdk.dt_parse(MOMENT) is after


def test_what_cannot_be_parsed_raises_as_before(sdk: ModuleType) -> None:
    remember_dates()
    for _ in range(2):
        with pytest.raises(ValueError, match="not a date"):
            sdk.dt_parse("not a date")


def test_remembering_twice_wraps_once(sdk: ModuleType) -> None:
    remember_dates()
    once = sdk.dt_parse
    remember_dates()
    assert sdk.dt_parse is once


def test_an_sdk_that_is_not_loaded_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, sdk_dates._MODULE, raising=False)
    remember_dates()
    assert sdk_dates._MODULE not in sys.modules
