"""The least an ASGI server does: read a body and send it back. `python -m benchmarks.peers.echo <port>`."""

from __future__ import annotations

import sys
from typing import Any

import uvicorn


async def app(_: dict[str, Any], receive: Any, send: Any) -> None:
    """One request; there is no lifespan, as uvicorn is told."""
    body = (await receive())["body"]
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Served with the settings of the edges."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        http="httptools",
        loop="uvloop",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
    )


if __name__ == "__main__":
    main()
