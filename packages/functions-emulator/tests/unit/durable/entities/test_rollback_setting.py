import asyncio
from pathlib import Path

import pytest

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.app.sections import Section
from functions_emulator.app.settings import DurableSettings
from functions_emulator.durable.runtime import DurableRuntime
from functions_emulator.pool.in_process import InProcess

COUNTER = FunctionDefinition("c", lambda context: None, Binding("context", "entityTrigger", "in"))


@pytest.mark.parametrize("entities", [{"counter": COUNTER}, {}])
def test_the_setting_that_has_no_effect_is_named_at_start_if_there_are_entities(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, entities: dict[str, FunctionDefinition]
) -> None:
    section = Section("extensions.durableTask", {"rollbackEntityOperationsOnExceptions": True})

    async def start() -> None:
        settings, state = DurableSettings(section=section), tmp_path / "state.db"
        runtime = DurableRuntime(settings, {}, {}, InProcess([]), state, entities=entities)
        await runtime.start()
        await runtime.stop()

    asyncio.run(start())
    words = "extensions.durableTask.rollbackEntityOperationsOnExceptions has no effect"
    assert (words in caplog.text) == bool(entities)
