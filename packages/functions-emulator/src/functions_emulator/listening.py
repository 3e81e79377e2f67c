"""The two ports of the host: the app's own and the local one of durable clients."""

import errno
import random
import socket

from functions_emulator.errors import AppError
from functions_emulator.port_owner import blame

RPC_ADDRESS = "127.0.0.1"
RPC_PORT = 17071
# LocalHttpListener.cs of the Durable extension.
RPC_FALLBACK_PORTS = range(30000, 31000)


def listen(address: str, port: int) -> socket.socket:
    """Take a TCP port; raise AppError that says what to do if that cannot be."""
    try:
        return socket.create_server((address, port), backlog=512)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            other = port + 1 if port < 65535 else port - 1
            raise AppError(
                f"port {port} is in use {blame(port)} or choose another port: --port {other}."
            ) from error
        raise AppError(f"cannot listen on {address}:{port}: {error.strerror or error}.") from error


def listen_for_clients() -> socket.socket:
    """Take port 17071, or a random one from 30000 on if it is in use."""
    for port in (RPC_PORT, *random.sample(RPC_FALLBACK_PORTS, 50)):
        try:
            return socket.create_server((RPC_ADDRESS, port), backlog=512)
        except OSError:
            continue
    raise AppError("no port from 30000 to 31000 is free for the durable clients.")


def port_of(listening: socket.socket) -> int:
    """Return the port of a listening socket."""
    return int(listening.getsockname()[1])
