"""`pamwal send`: one request, or a queue of them, to the service it is for."""

from __future__ import annotations

import asyncio
import os
import sys
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple, NoReturn

import httpx
import msgspec
import typer
from msgspec import Struct

from pamwal.cli._answers import EXIT
from pamwal.cli._scheduler import REFUSED_S, or_turned_away
from pamwal.cli._settings import TOKEN_HELP, address_of, token_or_environment
from pamwal.client.answers import Answer, Checked
from pamwal.client.identifiers import new_id
from pamwal.client.receipts import ReceiptBook
from pamwal.client.service import Patience, ServiceClient
from pamwal.contracts.envelope import Submission
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.instants import normalise
from pamwal.contracts.routes import ROUTES, type_named
from pamwal.edge.clock import Clock
from pamwal.edge.decode import Contract

app = typer.Typer(add_completion=False)
WITHIN_S = 30.0


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
    "  |  pamwal send relieve --operation kupang-2024 --post oebobo --data "
    '\'{"officer_id":"KPG-0001","relieved_by":"KPG-0002","place":"rally/oebobo-1","method":"manual"}\''
    "  |  pamwal send check_in_squad --operation kupang-2024 --post oebobo --data "
    '\'{"place":"rally/oebobo-1","method":"paper","precision":"list","present":["KPG-0001","KPG-0002"],'
    '"not_present":[{"officer_id":"KPG-0003","cause":"sakit"}]}\''
    "  |  pamwal send count_attendance --operation kupang-2024 --post oebobo --data "
    '\'{"rally_id":"oebobo-1","people":420}\''
    "  |  pamwal send close_post --operation kupang-2024 --post oebobo --data "
    '\'{"day":"2024-10-03"}\''
    "  |  pamwal send --operation kupang-2024 --file queue.ndjson"
    "  |  pamwal send cancel_rally --operation kupang-2024 --post oebobo --check --data "
    '\'{"rally_id":"oebobo-1","cause":"field under water"}\'',
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
        float | None,
        typer.Option(
            help="Say it again for so many seconds until it is answered (of a queue, each thousand rows); "
            "if left out, 30, and 3 while nobody listens there."
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Only ask what would be answered, each request by itself; nothing is written."
        ),
    ] = False,
) -> None:
    """Send a request and print its answer, one JSON object a line.

    With --check: outcome, facts, warnings and the reason it would have, as everything stands now.
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
    link = _Link(operation, token_or_environment(token), url, receipts, within, clock)
    if check:
        _print_checked(requests, link)
    answers = asyncio.run(_send(requests, link))
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


class _Link(NamedTuple):
    """Where it is said, as whom, and with how much patience."""

    operation: str
    token: str
    url: str | None
    receipts: Path | None
    within_s: float | None
    clock: Clock

    def client(self, http: httpx.AsyncClient, service: str, book: ReceiptBook | None) -> ServiceClient:
        """The service as this sender sees it."""
        deadline_s = WITHIN_S if self.within_s is None else self.within_s
        patience = Patience(
            deadline_s=deadline_s,
            attempt_s=min(deadline_s, 10.0),
            refused_s=REFUSED_S if self.within_s is None else self.within_s,
        )
        return ServiceClient(
            http, f"{address_of(service, self.url)}/{service}/v1", self.token,
            receipts=book, now=self.clock.now, patience=patience,
        )  # fmt: skip


def _service_of(requests: list[Submission[Any]]) -> str:
    services = {ROUTES[request.type].service for request in requests}
    if len(services) != 1:
        raise SettingsError(f"these requests are for {' and '.join(sorted(services))}: send them apart")
    return services.pop()


async def _send(requests: list[Submission[Any]], link: _Link) -> list[Answer]:
    service = _service_of(requests)
    book = ReceiptBook(link.receipts) if link.receipts is not None else None
    try:
        async with httpx.AsyncClient() as http:
            client = link.client(http, service, book)
            if len(requests) == 1:
                return [await client.submit(link.operation, ROUTES[requests[0].type].path, requests[0])]
            return await client.batch(link.operation, requests)
    finally:
        if book is not None:
            book.close()


def _print_checked(requests: list[Submission[Any]], link: _Link) -> NoReturn:
    found = or_turned_away(lambda: asyncio.run(_check(requests, link)))
    for request, checked in zip(requests, found, strict=True):
        typer.echo(msgspec.json.encode({"id": request.id, **msgspec.to_builtins(checked)}).decode())
    raise typer.Exit(max(EXIT[checked.outcome] for checked in found))


async def _check(requests: list[Submission[Any]], link: _Link) -> list[Checked]:
    service = _service_of(requests)
    async with httpx.AsyncClient() as http:
        client = link.client(http, service, None)
        return [
            await client.check(link.operation, ROUTES[request.type].path, request) for request in requests
        ]
