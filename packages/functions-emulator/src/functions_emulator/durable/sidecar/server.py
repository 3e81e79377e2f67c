"""The local gRPC port of durable clients of azure-functions-durable 2.x.

Source: durable-extension AspNetCoreLocalGrpcListener.cs.
"""

from __future__ import annotations

import grpc

from functions_emulator.durable.runtime import DurableRuntime
from functions_emulator.durable.sidecar.entity_methods import EntityMethods
from functions_emulator.durable.sidecar.instance_methods import InstanceMethods
from functions_emulator.durable.sidecar.instance_queries import InstanceQueries
from functions_emulator.durable.sidecar.service import Service
from functions_emulator.errors import AppError
from functions_emulator.listening import RPC_ADDRESS

# Messages of any size, as the extension takes them; a client sets limits of its own.
_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),
)
# Whoever waits for an orchestration's end is sent away after it.
_STOP_SECONDS = 0.2


class SidecarServer:
    """Answers durable clients; the port is taken at once, so that nobody else gets it."""

    def __init__(self) -> None:
        self._server = grpc.aio.server(options=_OPTIONS)
        try:
            port = self._server.add_insecure_port(f"{RPC_ADDRESS}:0")
        except RuntimeError as error:
            raise AppError(f"no port of {RPC_ADDRESS} is free for the durable clients.") from error
        self.url = f"http://{RPC_ADDRESS}:{port}"

    async def start(self, runtime: DurableRuntime) -> None:
        """Begin to answer."""
        settings = runtime.settings
        instances = InstanceMethods(runtime.client, silent=not settings.throws_on_raise_event)
        queries = InstanceQueries(runtime.client)
        entities = EntityMethods(runtime.entities)
        unary = {**instances.unary(), **queries.unary(), **entities.unary()}
        service = Service(unary, queries.streams(), settings.hub_name)
        self._server.add_generic_rpc_handlers((service,))
        await self._server.start()

    async def stop(self) -> None:
        """Finish the calls in flight and answer no more."""
        await self._server.stop(_STOP_SECONDS)
