import collections
import importlib
import sys
import warnings
from datetime import datetime, timedelta, timezone
from types import ModuleType
from typing import Any

import pytest

from functions_emulator.durable import sdk_ease
from functions_emulator.durable.clock import to_text
from functions_emulator.durable.sdk_ease import ease_dates, ease_payloads, ease_replays, ease_types

MOMENT = datetime(2026, 11, 22, 22, 51, 6, 123456, timezone.utc)


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The SDK's module as it is imported, with dateutil's parser."""
    from dateutil.parser import parse

    module = importlib.import_module(sdk_ease._MODULE)
    monkeypatch.setattr(module, "dt_parse", parse)
    return module


@pytest.mark.parametrize(
    "text",
    [
        to_text(MOMENT),
        to_text(MOMENT.replace(microsecond=0)),
        "2026-11-22T22:51:06Z",
        "2026-11-22T22:51:06.1234567Z",
        "2026-11-22T22:51:06+02:00",
    ],
)
def test_a_timestamp_is_what_dateutil_makes_of_it_and_parsed_once(
    sdk: ModuleType, text: str
) -> None:
    before = sdk.dt_parse(text)
    ease_dates()
    after = sdk.dt_parse(text)
    assert (after, after.tzinfo, after + timedelta(1)) == (
        before,
        before.tzinfo,
        before + timedelta(1),
    )
    assert sdk.dt_parse(text) is after


@pytest.mark.parametrize("text", ["not a date", "2026-13-22T22:51:06.123456Z"])
def test_what_cannot_be_parsed_raises_as_before(sdk: ModuleType, text: str) -> None:
    ease_dates()
    for _ in range(2):
        with pytest.raises(ValueError):
            sdk.dt_parse(text)


def test_easing_twice_wraps_once(sdk: ModuleType) -> None:
    ease_dates()
    once = sdk.dt_parse
    ease_dates()
    assert sdk.dt_parse is once


def test_an_sdk_that_is_not_loaded_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, sdk_ease._MODULE, raising=False)
    names = (sdk_ease._MODULE, sdk_ease._EXECUTOR, sdk_ease._CODEC)
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    ease_replays()
    assert not any(name in sys.modules for name in names)


def test_a_replay_makes_no_type_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module(sdk_ease._EXECUTOR)
    monkeypatch.setattr(module, "namedtuple", collections.namedtuple)

    def payloads() -> dict[Any, Any]:
        made: dict[Any, Any] = module.TaskOrchestrationExecutor().event_to_SetTaskValuePayload
        return made

    before = payloads()
    for _ in range(2):
        ease_types()
    first, second = payloads(), payloads()
    assert [tuple(each) for each in first.values()] == [tuple(each) for each in before.values()]
    assert len({type(each) for each in [*first.values(), *second.values()]}) == 1


@pytest.mark.parametrize(("strictness", "is_strict"), [("", False), ("1", True)])
def test_payloads_ask_once_whether_they_are_strict(
    monkeypatch: pytest.MonkeyPatch, strictness: str, is_strict: bool
) -> None:
    codec: Any = importlib.import_module(sdk_ease._CODEC)
    ask, asked = codec._is_strict_mode, []

    def counted() -> bool:
        asked.append(1)
        strict: bool = getattr(ask, "__wrapped__", ask)()
        return strict

    monkeypatch.setenv("AZURE_FUNCTIONS_DURABLE_STRICT_TYPING", strictness)
    monkeypatch.setattr(codec, "_is_strict_mode", counted)
    for _ in range(2):
        ease_payloads()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for _ in range(3):
            assert codec.df_loads(codec.df_dumps({"a": [1, None]})) == {"a": [1, None]}
    assert len(asked) == 1
    assert (codec._get_serialize_default() is None) == is_strict
