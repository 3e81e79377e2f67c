"""Call the app's orchestrators, activities and entities the way the Functions host does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from azure.functions.meta import Datum

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.durable.answer import BadAnswer
from functions_emulator.durable.errors import MissingFunction
from functions_emulator.pool.caller import Caller
from functions_emulator.pool.calls import Invocation, Outputs

OutputWriter = Callable[[FunctionDefinition, Binding, Datum], Awaitable[None]]


class DurableFunctions:
    """Know the orchestrators, activities and entities by their names, which ignore case.

    `client_binding` gives the JSON text for an activity that has a durable client;
    `write_output` sends what an activity puts out besides its result. An activity that is called
    without an input gets `no_input`.
    """

    def __init__(
        self,
        orchestrators: Mapping[str, FunctionDefinition],
        activities: Mapping[str, FunctionDefinition],
        workers: Caller,
        client_binding: Callable[[], str | None],
        write_output: OutputWriter | None,
        entities: Mapping[str, FunctionDefinition] | None = None,
        no_input: str | None = None,
    ) -> None:
        self.orchestrators = {name.lower(): each for name, each in orchestrators.items()}
        self.activities = {name.lower(): each for name, each in activities.items()}
        self.entities = {name.lower(): each for name, each in (entities or {}).items()}
        self._workers = workers
        self._client_binding = client_binding
        self._write_output = write_output
        self._no_input = no_input

    async def orchestrate(self, name: str, body: str, instance_id: str) -> str:
        """Give an orchestrator its trigger body and return the SDK's state; raise what it raises.

        BadAnswer for a function that is gone: the orchestration fails.
        """
        function = self.orchestrators.get(name.lower())
        if function is None:
            raise BadAnswer(
                f"The function '{name}' doesn't exist, is disabled, or is not an orchestrator "
                "function."
            )
        return _text(await self._call(function, body, instance_id)) or ""

    async def operate(self, name: str, body: str, instance_id: str) -> str:
        """Give an entity function its trigger body, return the SDK's answer; raise what it raises.

        Unlike an orchestrator's turn a batch of operations may take its time.
        """
        outputs = await self._call(self.entities[name], body, instance_id)
        return _text(outputs) or ""

    async def act(self, name: str, input_text: str | None, instance_id: str) -> str | None:
        """Run an activity on JSON text and return its result as JSON text; raise what it raises.

        MissingFunction for one that is gone.
        """
        function = self.activities.get(name.lower())
        if function is None:
            raise MissingFunction(
                f"The function '{name}' doesn't exist, is disabled, or is not an activity function."
            )
        text = self._no_input if input_text is None else input_text
        outputs = await self._call(function, text, instance_id)
        for binding in function.outputs:
            data = outputs.get(binding.name)
            if binding.name != "$return" and data is not None and self._write_output is not None:
                await self._write_output(function, binding, data)
        return _text(outputs)

    async def _call(
        self, function: FunctionDefinition, text: str | None, instance_id: str
    ) -> Outputs:
        client = self._client_binding()
        trigger = Datum(text, "json")
        return await self._workers.call(
            Invocation(function, trigger, client=client, instance_id=instance_id)
        )


def _text(outputs: Outputs) -> str | None:
    result = outputs.get("$return")
    return None if result is None or result.value is None else str(result.value)
