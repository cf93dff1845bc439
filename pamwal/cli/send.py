"""`pamwal send`: one request, or a queue of them, to the service it is for."""

from __future__ import annotations

import asyncio
import os
import sys
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import msgspec
import typer
from msgspec import Struct

from pamwal.cli._settings import TOKEN_HELP, address_of, token_or_environment
from pamwal.client.answers import Answer, Meaning
from pamwal.client.identifiers import new_id
from pamwal.client.receipts import ReceiptBook
from pamwal.client.routes import ROUTES, type_named
from pamwal.client.service import Patience, ServiceClient
from pamwal.contracts.envelope import Submission
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.instants import normalise
from pamwal.edge.clock import Clock
from pamwal.edge.decode import Contract

app = typer.Typer(add_completion=False)

EXIT: Final[dict[Meaning, int]] = {"accepted": 0, "refused": 3, "parked": 4, "turned_away": 5, "undecided": 6}


class Draft(Struct, kw_only=True, omit_defaults=True):
    """What a sender wrote, before what is missing is filled in."""

    data: msgspec.Raw
    type: str | None = None
    id: str | None = None
    source: str | None = None
    time: str | None = None
    channel: str | None = None
    subject: str | None = None
    sentat: str | None = None
    sourceseq: int | None = None


@app.command(
    name="send",
    epilog="Examples:  pamwal send check_in --operation kupang-2024 --post oebobo --data "
    '\'{"officer_id":"KPG-0001","place":"rally/oebobo-1","method":"manual"}\''
    "  |  pamwal send --operation kupang-2024 --file queue.ndjson",
)
def send(
    *,
    operation: Annotated[str, typer.Option(help="The operation it is about.")],
    kind: Annotated[
        str | None,
        typer.Argument(help="check_in, plan_rally, … or a full type; not needed if the file says it."),
    ] = None,
    data: Annotated[str | None, typer.Option(help="The request's data as JSON.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="A whole request as JSON, or one a line; '-' for standard input.")
    ] = None,
    post: Annotated[
        str | None, typer.Option(help="The post that speaks, if the file names no source.")
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            help="When it happened, with its offset: 2024-10-03T21:00:00+08:00 or 2024-10-03T13:00:00Z. "
            "If left out, now, by PAMWAL_CLOCK."
        ),
    ] = None,
    identifier: Annotated[
        str | None, typer.Option("--id", help="Idempotency key; give it to say the same again.")
    ] = None,
    token: Annotated[str | None, typer.Option(help=TOKEN_HELP)] = None,
    url: Annotated[
        str | None, typer.Option(help="Where the service is; its own port here if left out.")
    ] = None,
    receipts: Annotated[
        Path | None, typer.Option(help="Append what is kept to this file, for 'pamwal audit'.")
    ] = None,
    within: Annotated[
        float,
        typer.Option(
            help="Say it again for so many seconds until it is answered; of a queue, each thousand rows."
        ),
    ] = 30.0,
) -> None:
    """Send a request and print its answer, one JSON object a line.

    Exit code: 0 accepted, 3 refused, 4 parked, 5 turned away before the log, 6 kept but not decided yet,
    1 nobody answered. Of several requests the worst counts. Saying the same --id again is harmless.

    In an exercise on a simulated clock set PAMWAL_CLOCK to what the services run on, anchor included: each
    logs it as it starts, such as 2024-10-03T05:00:00.000Zx240@1727900000000. Otherwise this machine's clock
    stamps what has no time.
    """
    clock = Clock.parse(os.environ.get("PAMWAL_CLOCK", "system"))
    drafts = _drafts(data, file)
    moment = clock.now() if time is None else _moment(time)
    requests = [
        _filled(draft, kind, post, moment if time or not draft.time else draft.time, identifier)
        for draft in drafts
    ]
    if identifier is not None and len(requests) > 1:
        raise SettingsError("--id names one request; the lines of a file carry their own ids")
    answers = asyncio.run(
        _send(requests, operation, token_or_environment(token), url, receipts, within, clock)
    )
    for request, answer in zip(requests, answers, strict=True):
        typer.echo(msgspec.json.encode({"id": request.id, **msgspec.to_builtins(answer)}).decode())
    raise typer.Exit(max(EXIT[answer.meaning] for answer in answers))


def _drafts(data: str | None, file: Path | None) -> list[Draft]:
    """What is to be sent, as it was written. SettingsError names the line that cannot be read."""
    if (data is None) == (file is None):
        raise SettingsError("give either --data with the request's data, or --file with whole requests")
    if data is not None:
        try:
            return [Draft(data=msgspec.Raw(msgspec.json.encode(msgspec.json.decode(data))))]
        except msgspec.DecodeError as error:
            raise SettingsError(f"--data is no JSON: {error}") from error
    text = _text(file or Path("-"))
    whole = _whole(text)
    if whole is not None:
        return [whole]
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise SettingsError("there is no request in what was given")
    return [_line(number, line) for number, line in enumerate(lines, start=1)]


def _text(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise SettingsError(f"--file {file}: {error.strerror}") from error


def _whole(text: bytes) -> Draft | None:
    """A single request, however it is indented; None for several lines or none."""
    try:
        return msgspec.json.decode(text, type=Draft)
    except msgspec.DecodeError:
        return None


def _line(number: int, line: bytes) -> Draft:
    try:
        return msgspec.json.decode(line, type=Draft)
    except msgspec.DecodeError as error:
        raise SettingsError(f"line {number} is no request: {error}") from error


def _moment(text: str) -> str:
    """The Instant that --time names. SettingsError says what is missing."""
    try:
        return normalise(text)
    except ValueError as error:
        raise SettingsError(f"--time: {error}") from error


def _filled(
    draft: Draft, kind: str | None, post: str | None, time: str, identifier: str | None
) -> Submission[Any]:
    """A whole submission: what is missing comes from the options; times may have any offset."""
    type_name = draft.type or (type_named(kind) if kind else None)
    if type_name not in ROUTES:
        raise SettingsError(f"{draft.type or kind or 'nothing'!r} names no request; there are {_names()}")
    if draft.source is None and post is None:
        raise SettingsError("say who speaks: --post, or 'source' in the file")
    draft.type = type_name
    draft.id = identifier or draft.id or new_id()
    draft.source = draft.source or f"/posts/{post}/devices/cli"
    draft.time = time
    draft.channel = draft.channel or "api"
    return _contract(type_name).read(msgspec.json.encode(draft))


@cache
def _contract(type_name: str) -> Contract:
    return Contract(type_name)


def _names() -> str:
    return ", ".join(name.split(".")[2] for name in ROUTES)


async def _send(
    requests: list[Submission[Any]],
    operation: str,
    token: str,
    url: str | None,
    receipts: Path | None,
    within_s: float,
    clock: Clock,
) -> list[Answer]:
    services = {ROUTES[request.type].service for request in requests}
    if len(services) != 1:
        raise SettingsError(f"these requests are for {' and '.join(sorted(services))}: send them apart")
    service = services.pop()
    book = ReceiptBook(receipts) if receipts is not None else None
    patience = Patience(deadline_s=within_s, attempt_s=min(within_s, 10.0))
    try:
        async with httpx.AsyncClient() as http:
            client = ServiceClient(
                http, f"{address_of(service, url)}/{service}/v1", token,
                receipts=book, now=clock.now, patience=patience,
            )  # fmt: skip
            if len(requests) == 1:
                return [await client.submit(operation, ROUTES[requests[0].type].path, requests[0])]
            return await client.batch(operation, requests)
    finally:
        if book is not None:
            book.close()
