"""Serves an edge with uvicorn, in this process's loop, on sockets of our own."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
from collections.abc import AsyncGenerator, Generator
from typing import Any

import uvicorn

from pamwal.edge.addresses import TrustedProxies
from pamwal.edge.app import Edge
from pamwal.edge.connections import Connections
from pamwal.edge.http import Asgi
from pamwal.edge.metrics import Metrics

SEND_BUFFER_BYTES = 64 * 1024
"""Bounds what the kernel keeps for one reader that takes nothing: 3 MB over a crowd instead of 75."""
CONNECTIONS_MAX = 16_384
FILES_RESERVED = 256
"""Open files kept for all that is no client's connection: Kafka, snapshots, uploads."""
BACKLOG = 2048
"""Connections the kernel keeps until they are accepted; as many as uvicorn asks for."""
UNACKNOWLEDGED_MS = 30_000
OPERATORS_CONNECTIONS_MAX = 64
OPERATORS_STOP_S = 1
STOP_S = 3
UNACKNOWLEDGED_S = 1.8
LATE_WAIT_S = 0.5
"""On the way out: so long the log has to acknowledge what runs, and what it acknowledged late to be decided.
Both end before `STOP_S`, when uvicorn cuts off what still runs: a 500 in place of a 503 or 202."""


def allow_connections(needed: int = CONNECTIONS_MAX) -> int:
    """Raises how many files this process may have open towards `needed`, as far as the system lets it.

    Returns how many it may. Each reader of a stream is one, and many systems begin at 1,024.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        return allowed
    return soft


def listening_socket(host: str, port: int) -> socket.socket:
    """A non-blocking TCP socket that listens; accepted connections inherit its settings. OSError if in use.

    It listens at once: two processes may both bind a port at which neither listens yet, and the later one
    would only fail when it begins to serve.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def connections_max() -> int:
    """How many clients may be connected, so that files are left for everything else."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = CONNECTIONS_MAX if soft == resource.RLIM_INFINITY else soft
    return min(CONNECTIONS_MAX, max(allowed - FILES_RESERVED, allowed // 2))


class OperatorsServer(uvicorn.Server):
    """Leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Takes none."""
        yield


class EdgeServer(uvicorn.Server):
    """Tells the edge first that it ends, so that streams close and waiting is short."""

    def __init__(self, edge: Edge, config: uvicorn.Config, *, handles_signals: bool) -> None:
        super().__init__(config)
        self._edge, self._handles_signals = edge, handles_signals

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """SIGTERM and SIGINT, unless somebody else in this process takes them."""
        if not self._handles_signals:
            yield
            return
        with super().capture_signals():
            yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes no new connections, finishes what is running for at most 3 s, then stops the edge."""
        edge = self._edge
        edge.ending()
        if edge.submit is not None:
            edge.submit.wait_s = min(edge.submit.wait_s, LATE_WAIT_S)
        giving_up = asyncio.get_running_loop().call_later(UNACKNOWLEDGED_S, edge.sender.give_up)
        try:
            await super().shutdown(sockets)
        finally:
            giving_up.cancel()


async def serve(
    edge: Edge,
    *,
    stop: asyncio.Event | None = None,
    listener: socket.socket | None = None,
    operators: socket.socket | None = None,
) -> None:
    """Runs until SIGTERM or SIGINT; with `stop`, signals are the caller's and this runs until it is set.

    `operators`: where operators are answered, as long as this runs; without it they are not.
    Run it under uvloop (`asyncio.Runner(loop_factory=uvloop.new_event_loop)`).
    """
    listener = listener or listening_socket(edge.settings.host, edge.settings.port)
    limits = edge.settings.connections
    open_max = connections_max() if limits.open_max is None else limits.open_max
    connections = Connections(limits, open_max, edge.settings.trusted_proxies, edge.metrics)
    config = _config(edge.app, connections, lifespan="on", timeout_graceful_shutdown=STOP_S)
    server = EdgeServer(edge, config, handles_signals=stop is None)
    async with _answering_operators(edge, operators):
        running = asyncio.ensure_future(server.serve(sockets=[listener]))
        if stop is None:
            await running
            return
        stopped = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
            server.should_exit = True
            await running
        finally:
            stopped.cancel()


def _config(app: Asgi, connections: Connections, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=connections.protocol(),
        ws="none",
        loop="none",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=connections.limits.idle_s,
        **more,
    )


@contextlib.asynccontextmanager
async def _answering_operators(edge: Edge, listener: socket.socket | None) -> AsyncGenerator[None, None]:
    """Answers operators meanwhile, if there is where to."""
    if listener is None:
        yield
        return
    # counted apart: the metrics of connections are about clients
    connections = Connections(
        edge.settings.connections, OPERATORS_CONNECTIONS_MAX, TrustedProxies(), Metrics()
    )
    config = _config(edge.operators, connections, lifespan="off", timeout_graceful_shutdown=OPERATORS_STOP_S)
    server = OperatorsServer(config)
    running = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await running
