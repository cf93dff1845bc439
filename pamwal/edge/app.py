"""The edge of one service, put together: hot ASGI handlers in front of FastAPI, and what runs behind them."""

from __future__ import annotations

from pamwal.edge.auth import Authority, Caller
from pamwal.edge.clock import Clock
from pamwal.edge.http import Asgi
from pamwal.edge.settings import EdgeSettings
from pamwal.edge.spec import EdgeSpec, Folded, Keep, RequestRoute, SetApart, StreamRoute
from pamwal.wire.log import Log

__all__ = [
    "Authority",
    "Caller",
    "Clock",
    "Edge",
    "EdgeSettings",
    "EdgeSpec",
    "Folded",
    "Keep",
    "RequestRoute",
    "SetApart",
    "StreamRoute",
    "build_edge",
]


class Edge:
    """`app` is what uvicorn serves; `start` and `stop` are called by its lifespan, or by a test."""

    app: Asgi
    settings: EdgeSettings
    folded: Folded

    async def start(self) -> None:
        """Starts producer, tail, probes and the service's `on_start`. Returns at once when Kafka is away."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Finishes what was acknowledged and frees everything."""
        raise NotImplementedError

    def turned_away(self) -> dict[tuple[str, str], dict[str, int]]:
        """(operation, post) → reason → how many requests never reached the log since this process started."""
        raise NotImplementedError

    def vector_text(self) -> str:
        """The header `Pamwal-Vector`: `<decisions topic>-<partition>-<next offset>`, comma between."""
        raise NotImplementedError

    async def admit(self, headers: dict[bytes, bytes], method: str, operation_id: str | None) -> Caller:
        """Who calls, if bound to the operation and within its limit. AccessDenied, HttpProblem 429."""
        raise NotImplementedError


def build_edge(spec: EdgeSpec, log: Log, clock: Clock, authority: Authority, settings: EdgeSettings) -> Edge:
    """The edge of one service on one log."""
    raise NotImplementedError
