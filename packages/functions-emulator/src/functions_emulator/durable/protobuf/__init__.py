"""The protocol of azure-functions-durable 2.x: base64 of protobuf messages in every trigger.

The messages are those of the app's own durabletask package; nothing here is imported for others.
"""

from functions_emulator.durable.protobuf.activities import describe_failure
from functions_emulator.durable.protobuf.entities import ProtobufEntities
from functions_emulator.durable.protobuf.orchestrators import ProtobufOrchestrators

__all__ = ["ProtobufEntities", "ProtobufOrchestrators", "describe_failure"]
