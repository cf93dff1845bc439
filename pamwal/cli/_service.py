"""Any service as a command speaks with it: where it is, who asks, and what an answer ends with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeVar

import httpx
import typer

from pamwal.cli._scheduler import REFUSED_S, or_turned_away
from pamwal.cli._settings import address_of, token_or_environment
from pamwal.client.service import Patience, ServiceClient
from pamwal.edge.clock import Clock

T = TypeVar("T")
ReportingOption = Annotated[
    str | None, typer.Option("--url", help="Where reporting is; its own port here if left out.")
]


def with_service(
    service: str, token: str | None, url: str | None, program: Callable[[ServiceClient], Awaitable[T]]
) -> T:
    """What the program returns. What the service turns away ends with its sentence and exit code 5."""
    return with_replicas(service, token, [url], lambda clients: program(clients[0]))


def with_replicas(
    service: str,
    token: str | None,
    urls: Sequence[str | None],
    program: Callable[[list[ServiceClient]], Awaitable[T]],
) -> T:
    """As `with_service`, with a client for each of these addresses."""
    addresses = [f"{address_of(service, url)}/{service}/v1" for url in urls]
    bearer = token_or_environment(token)

    async def run() -> T:
        async with httpx.AsyncClient() as http:
            patience = Patience(deadline_s=30, refused_s=REFUSED_S)
            return await program(
                [ServiceClient(http, each, bearer, now=Clock().now, patience=patience) for each in addresses]
            )

    return or_turned_away(lambda: asyncio.run(run()))
