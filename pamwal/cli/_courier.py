"""Who brings a queue home for a command: its token, where the services are, and what it says of trouble."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import httpx
import typer

from pamwal.cli._settings import address_of, clock_of_environment, token_or_environment
from pamwal.client.courier import Courier
from pamwal.client.homecoming import Road
from pamwal.client.progress import Progress
from pamwal.client.queue import ReportQueue
from pamwal.client.receipts import ReceiptBook
from pamwal.contracts.errors import SettingsError


@asynccontextmanager
async def courier_of(
    opened: ReportQueue, token: str | None, token_file: Path | None, url: str | None, receipts: Path | None
) -> AsyncIterator[Courier]:
    """A courier for an open queue. SettingsError where there is no token, or its file cannot be read."""

    def current() -> str:
        return token_or_environment(token) if token_file is None else _read_token(token_file)

    def left() -> int:
        counts = opened.counts()
        return counts.get("waiting", 0) + counts.get("kept", 0)

    current()
    async with httpx.AsyncClient() as http:
        road = Road(
            http, lambda service: f"{address_of(service, url)}/{service}/v1", clock_of_environment().now
        )
        with ReceiptBook(receipts) if receipts is not None else nullcontext() as book:
            yield Courier(opened, road, current, receipts=book, tell=_tell, progress=Progress(_tell, left))


def _tell(sentence: str) -> None:
    typer.echo(sentence, err=True)


def token_given(token: str | None, token_file: Path | None) -> str:
    """The token as given, of the file, or of PAMWAL_TOKEN; empty if there is none. SettingsError."""
    if token_file is not None:
        return _read_token(token_file)
    return token or os.environ.get("PAMWAL_TOKEN", "")


def _read_token(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"--token-file {file}: {error}") from error
