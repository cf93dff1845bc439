"""One operation's field as a command speaks with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import httpx
import typer

from pamwal.cli._scheduler import REFUSED_S, Link, or_turned_away
from pamwal.cli._settings import address_of, token_or_environment
from pamwal.client.field import FieldDesk
from pamwal.client.service import Patience, ServiceClient
from pamwal.edge.clock import Clock

T = TypeVar("T")
UrlOption = Annotated[
    str | None, typer.Option("--url", help="Where checkin is; its own port here if left out.")
]


def with_field(link: Link, program: Callable[[FieldDesk], Awaitable[T]]) -> T:
    """What the program returns. What the service turns away ends with its sentence and exit code 5."""
    token = token_or_environment(link.token)
    return with_checkin(token, link.url, lambda client: program(FieldDesk(client, link.operation)))


def with_checkin(token: str, url: str | None, program: Callable[[ServiceClient], Awaitable[T]]) -> T:
    """The same with the service as it is spoken to, whatever it is about."""
    address = f"{address_of('checkin', url)}/checkin/v1"

    async def run() -> T:
        async with httpx.AsyncClient() as http:
            client = ServiceClient(
                http, address, token, now=Clock().now, patience=Patience(deadline_s=30, refused_s=REFUSED_S)
            )
            return await program(client)

    return or_turned_away(lambda: asyncio.run(run()))
