"""How an app's SDK is spoken to: in JSON with 1.x, in protobuf messages with 2.x."""

from __future__ import annotations

from dataclasses import dataclass

from functions_emulator.durable.activities import DescribeFailure, describe_failure
from functions_emulator.durable.decision import Orchestrators
from functions_emulator.durable.entities.batch import JsonEntities
from functions_emulator.durable.entities.outcome import Entities
from functions_emulator.durable.functions import DurableFunctions
from functions_emulator.durable.json_orchestrators import JsonOrchestrators
from functions_emulator.durable.known import KnownFunctions


@dataclass(frozen=True)
class Dialect:
    """Hold what asks orchestrators and entities, and what tells them of a failed activity."""

    orchestrators: Orchestrators
    entities: Entities
    describe: DescribeFailure


def dialect(functions: DurableFunctions, known: KnownFunctions, speaks_grpc: bool) -> Dialect:
    """Choose the dialect; that of SDK 2.x needs the app's packages, and costs others nothing."""
    if not speaks_grpc:
        return Dialect(
            JsonOrchestrators(functions.orchestrate, known),
            JsonEntities(functions.operate),
            describe_failure,
        )
    from functions_emulator.durable import protobuf

    return Dialect(
        protobuf.ProtobufOrchestrators(functions.orchestrate, known),
        protobuf.ProtobufEntities(functions.operate),
        protobuf.describe_failure,
    )
