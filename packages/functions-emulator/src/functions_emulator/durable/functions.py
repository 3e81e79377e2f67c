"""Call the app's orchestrators, activities and entities the way the Functions host does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from azure.functions.meta import Datum

from functions_emulator.app.functions import Binding, FunctionDefinition
from functions_emulator.durable.answer import BadAnswer
from functions_emulator.durable.batches import Batches
from functions_emulator.durable.errors import MissingFunction
from functions_emulator.durable.sdk_dates import ease_dates
from functions_emulator.worker.bindings import input_arguments, output_data
from functions_emulator.worker.worker import Call, Worker

OutputWriter = Callable[[FunctionDefinition, Binding, Datum], Awaitable[None]]


class DurableFunctions:
    """Know the orchestrators, activities and entities by their names, which ignore case.

    `client_binding` gives the JSON text for an activity that has a durable client;
    `write_output` sends what an activity puts out besides its result.
    """

    def __init__(
        self,
        orchestrators: Mapping[str, FunctionDefinition],
        activities: Mapping[str, FunctionDefinition],
        worker: Worker,
        client_binding: Callable[[], str | None],
        write_output: OutputWriter | None,
        entities: Mapping[str, FunctionDefinition] | None = None,
    ) -> None:
        self.orchestrators = {name.lower(): each for name, each in orchestrators.items()}
        self.activities = {name.lower(): each for name, each in activities.items()}
        self.entities = {name.lower(): each for name, each in (entities or {}).items()}
        ease_dates()
        self._worker = worker
        self._batches = Batches(worker)
        self._client_binding = client_binding
        self._write_output = write_output

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
        arguments = input_arguments(function, Datum(body, "json"), {}, self._client_binding())
        return str(await self._batches.call(Call(function, arguments, instance_id)))

    async def operate(self, name: str, body: str, instance_id: str) -> str:
        """Give an entity function its trigger body, return the SDK's answer; raise what it raises.

        Unlike an orchestrator's turn a batch of operations may take its time.
        """
        function = self.entities[name]
        arguments = input_arguments(function, Datum(body, "json"), {}, self._client_binding())
        return str(await self._worker.run(function, arguments, instance_id=instance_id))

    async def act(self, name: str, input_text: str | None, instance_id: str) -> str | None:
        """Run an activity on JSON text and return its result as JSON text; raise what it raises.

        MissingFunction for one that is gone.
        """
        function = self.activities.get(name.lower())
        if function is None:
            raise MissingFunction(
                f"The function '{name}' doesn't exist, is disabled, or is not an activity function."
            )
        trigger = Datum(input_text, "json")
        arguments = input_arguments(function, trigger, {}, self._client_binding())
        returned = await self._worker.run(function, arguments, instance_id=instance_id)
        outputs = output_data(function, arguments, returned)
        for binding in function.outputs:
            data = outputs.get(binding.name)
            if binding.name != "$return" and data is not None and self._write_output is not None:
                await self._write_output(function, binding, data)
        result = outputs.get("$return")
        return None if result is None or result.value is None else str(result.value)
