"""A stream as one would write it first: a queue for each reader.

`python -m benchmarks.peers.queues <port> <folder> <readers>`, as `benchmarks.streaming`. No tokens, no
snapshot but the first, no resume, nothing bounded.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Final

import uvicorn

from benchmarks.streaming import DELTA_BYTES, SNAPSHOT_BYTES, STEADY_PER_S, every, said

_queues: Final[set[asyncio.Queue[bytes]]] = set()
_HEADERS: Final = [(b"content-type", b"text/event-stream")]


def _change() -> None:
    if len(_queues) >= int(sys.argv[3]):
        delta = said(DELTA_BYTES).decode()
        for queue in _queues:
            queue.put_nowait(f"event: delta\ndata: {delta}\n\n".encode())


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """A lifespan that starts the changes; a stream for whoever asks."""
    if scope["type"] == "lifespan":
        await receive()
        every(1 / STEADY_PER_S, _change)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    if scope["path"] == "/healthz":
        await send({"type": "http.response.body", "body": b""})
        return
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    _queues.add(queue)
    try:
        body = b"event: snapshot\ndata: %b\n\n" % said(SNAPSHOT_BYTES)
        while True:
            await send({"type": "http.response.body", "body": body, "more_body": True})
            body = await queue.get()
    finally:
        _queues.discard(queue)


def main() -> None:
    """Served with the settings of the edges."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        http="httptools",
        loop="uvloop",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
