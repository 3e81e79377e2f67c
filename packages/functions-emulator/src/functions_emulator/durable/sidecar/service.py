"""Answer gRPC calls: find the method, read its request, and turn refusals into status codes.

Source: durable-extension TaskHubGrpcServer.cs.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import grpc
from durabletask.internal import orchestrator_service_pb2 as pb
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

SERVICE = pb.DESCRIPTOR.services_by_name["TaskHubSidecarService"]
# The first is what SDK 2.x sends, the second what the extension reads.
HUB_HEADERS = ("taskhub", "durable-taskhub")

Unary = Callable[[Any], Awaitable[Message]]
Stream = Callable[[Any], AsyncIterator[Message]]
Context = Any  # grpc has no types

log = logging.getLogger("functions_emulator.durable")


class Refused(Exception):
    """A call is answered with a status code and a text for whoever called."""

    def __init__(self, code: grpc.StatusCode, text: str) -> None:
        super().__init__(text)
        self.code = code


class Service(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Serve methods of the TaskHubSidecarService by their names, on the hub of this name."""

    def __init__(
        self, unary: Mapping[str, Unary], streams: Mapping[str, Stream], hub_name: str
    ) -> None:
        self._hub_name = hub_name
        self._handlers: dict[str, grpc.RpcMethodHandler] = {}
        for name, method in unary.items():
            self._add(name, grpc.unary_unary_rpc_method_handler, self._unary(name, method))
        for name, stream in streams.items():
            self._add(name, grpc.unary_stream_rpc_method_handler, self._stream(name, stream))

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        """Find the handler of a call; there is one for methods that are not served, too."""
        name: str = handler_call_details.method
        return self._handlers.get(name) or grpc.unary_unary_rpc_method_handler(_unknown(name))

    def _add(self, name: str, make: Callable[..., Any], behaviour: Callable[..., Any]) -> None:
        self._handlers[f"/{SERVICE.full_name}/{name}"] = make(
            behaviour, response_serializer=lambda message: message.SerializeToString()
        )

    def _unary(self, name: str, method: Unary) -> Callable[[bytes, Context], Awaitable[Any]]:
        async def answer(data: bytes, context: Context) -> Message | None:
            try:
                return await method(self._request(name, data, context))
            except Refused as refused:
                await context.abort(refused.code, str(refused))
            except Exception as error:
                log.exception("The gRPC call %s failed", name)
                await context.abort(grpc.StatusCode.UNKNOWN, _told(error))
            return None

        return answer

    def _stream(self, name: str, method: Stream) -> Callable[[bytes, Context], AsyncIterator[Any]]:
        async def answer(data: bytes, context: Context) -> AsyncIterator[Message]:
            try:
                async for message in method(self._request(name, data, context)):
                    yield message
            except Refused as refused:
                await context.abort(refused.code, str(refused))
            except Exception as error:
                log.exception("The gRPC call %s failed", name)
                await context.abort(grpc.StatusCode.UNKNOWN, _told(error))

        return answer

    def _request(self, name: str, data: bytes, context: Context) -> Message:
        kind = SERVICE.methods_by_name[name].input_type.name
        wanted = next((v for k, v in context.invocation_metadata() or () if k in HUB_HEADERS), None)
        if wanted is not None and str(wanted).lower() != self._hub_name.lower():
            raise Refused(
                grpc.StatusCode.INVALID_ARGUMENT,
                f"There is no task hub '{wanted}' here: the emulator has one, '{self._hub_name}', "
                "as extensions.durableTask.hubName of host.json says. Ask for that one.",
            )
        request: Message = GetMessageClass(SERVICE.methods_by_name[name].input_type)()
        try:
            request.ParseFromString(data)
        except DecodeError as error:
            raise Refused(
                grpc.StatusCode.INVALID_ARGUMENT, f"The request of {name} is no {kind}: {error}"
            ) from error
        return request


def _unknown(name: str) -> Callable[[bytes, Context], Awaitable[None]]:
    async def refuse(data: bytes, context: Context) -> None:
        served = f"/{SERVICE.full_name}/"
        own = name.removeprefix(served) in SERVICE.methods_by_name and name.startswith(served)
        why = (
            "the Durable extension does not serve it to function apps either"
            if own
            else f"it is no method of {SERVICE.full_name}"
        )
        await context.abort(
            grpc.StatusCode.UNIMPLEMENTED, f"The emulator does not serve {name}: {why}."
        )

    return refuse


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
