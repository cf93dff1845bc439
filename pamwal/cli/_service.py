"""Any service as a command speaks with it: where it is, who asks, and what an answer ends with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
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
    address, bearer = f"{address_of(service, url)}/{service}/v1", token_or_environment(token)

    async def run() -> T:
        async with httpx.AsyncClient() as http:
            patience = Patience(deadline_s=30, refused_s=REFUSED_S)
            return await program(ServiceClient(http, address, bearer, now=Clock().now, patience=patience))

    return or_turned_away(lambda: asyncio.run(run()))
