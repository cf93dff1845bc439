"""Ports that a test keeps for itself."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reserved_port() -> Iterator[int]:
    """A loopback port at which nobody listens but a server that the test starts there.

    A socket is bound to it and does not listen: so connections are refused, no other program is given the
    port, and a server with SO_REUSEADDR can listen there, again after each of its ends. Only Linux lets a
    server share a port so; elsewhere the port is free when it is given, and nothing keeps it.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        if sys.platform != "linux":
            holder.close()
        yield port
