"""`pamwal send`: one request, or a queue of them, to the service it is for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any, NamedTuple, NoReturn

import httpx
import msgspec
import typer
from msgspec.structs import replace
from rich.console import Console

from pamwal.cli._answers import EXIT, say_answer, say_checked
from pamwal.cli._console import console
from pamwal.cli._courier import courier_of
from pamwal.cli._drafts import Filled, drafts_of, filled_in, request_type
from pamwal.cli._scheduler import REFUSED_S, JsonOption, OperationOption, or_turned_away
from pamwal.cli._settings import (
    TOKEN_HELP,
    address_of,
    checked_identifier,
    clock_of_environment,
    token_or_environment,
)
from pamwal.client.answers import Answer, Checked
from pamwal.client.bearer import bearer_of
from pamwal.client.queue import ReportQueue
from pamwal.client.receipts import ReceiptBook
from pamwal.client.service import Patience, ServiceClient
from pamwal.contracts.envelope import Reason, Submission
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.routes import CHECKED, ROUTES, type_named
from pamwal.contracts.zones import zone_of
from pamwal.edge.clock import Clock
from pamwal.edge.times import other_offsets

app = typer.Typer(add_completion=False)
WITHIN_S = 30.0
FACTS_SHOWN = 3
"""So many ids of facts stand below an answer on a terminal, such as the one to take back."""


def _print_example(kind: str | None) -> None:
    """The data of a request of that kind, to be changed and sent."""
    if kind is None:
        return
    from pamwal.edge.docs import examples  # brings the web framework, which takes a while

    data = examples()[request_type(type_named(kind), kind)]["data"]
    typer.echo(msgspec.json.format(msgspec.json.encode(data)).decode())
    raise typer.Exit


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
    "  |  pamwal send --example plan_rally"
    "  |  pamwal send cancel_rally --operation kupang-2024 --post oebobo --check --data "
    '\'{"rally_id":"oebobo-1","cause":"field under water"}\'',
)
def send(
    *,
    operation: OperationOption,
    kind: Annotated[
        str | None,
        typer.Argument(help="check_in, plan_rally, … or a full type; not needed if the file says it."),
    ] = None,
    data: Annotated[str | None, typer.Option(help="The request's data as JSON.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="A whole request as JSON, or one a line; '-' for standard input.")
    ] = None,
    post: Annotated[
        str | None,
        typer.Option(
            callback=checked_identifier, help="The post that speaks; a token of a post or device says it."
        ),
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
    code: Annotated[
        str | None, typer.Option(help="What was scanned or read at the place; no log holds it.")
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
    queue: Annotated[
        Path | None,
        typer.Option(
            help="Keep it in this file first, as 'pamwal queue' does, and send all that waits there."
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Only ask what would be answered, each request by itself; nothing is written."
        ),
    ] = False,
    json: JsonOption = False,
    example: Annotated[  # noqa: ARG001  it has been printed, and nothing else is done
        str | None,
        typer.Option(
            callback=_print_example,
            is_eager=True,
            metavar="KIND",
            help="Only print what the --data of such a request looks like.",
        ),
    ] = None,
) -> None:
    """Send a request and print its answer: sentences on a terminal, else one JSON object a line.

    With --check: outcome, facts, warnings and the reason it would have, as everything stands now.
    Exit code: 0 accepted, 3 refused, 4 parked, 5 turned away before the log, 6 kept but not decided yet,
    1 nothing was sent or nobody answered, 2 the command was called wrongly, 130 Ctrl-C. Of several requests
    the worst counts. With --queue 6 also while it waits in the file. Saying the same --id again is harmless.

    In an exercise on a simulated clock set PAMWAL_CLOCK to what the services run on, anchor included: each
    logs it as it starts, such as 2024-10-03T05:00:00.000Zx240@1727900000000. Otherwise this machine's clock
    stamps what has no time.
    """
    clock = clock_of_environment()
    drafts, bearing = drafts_of(data, file), token_or_environment(token)
    for draft in drafts:
        draft.code = code or draft.code
    source = bearer_of(bearing).source(post, device="cli" if queue is None else _device_of(queue))
    filled = filled_in(drafts, kind, source, time, identifier, clock, typed=data is not None)
    requests = [each.request for each in filled]
    link = _Link(operation, bearing, url, receipts, within, clock)
    if check:
        _require_checks(requests)
        _print_checked(filled, link, json=json)
    if queue is not None:
        requests, answers = _send_by_queue(queue, requests, link)
    else:
        answers = asyncio.run(_send(requests, link))
    answers = [
        replace(answer, advice=_advice(answer, each.written))
        for answer, each in zip(answers, filled, strict=True)
    ]
    for request, answer in zip(requests, answers, strict=True):
        if (screen := _screen(json=json)) is None:
            _say_json(request, answer)
            continue
        say_answer(screen, answer)
        _print(screen, f"  request {request.id}", *(f"  fact {each}" for each in answer.facts[:FACTS_SHOWN]))
    raise typer.Exit(max(EXIT[answer.meaning] for answer in answers))


def _advice(answer: Answer | Checked, written: dict[str, str]) -> list[Reason]:
    """The advice of the answer, and `other_offset`: its service only sees the times in UTC."""
    zone = zone_of(answer.local_time or "")
    return answer.advice if zone is None else [*answer.advice, *other_offsets(written, zone)]


def _screen(*, json: bool) -> Console | None:
    """Where sentences are shown; None where JSON is asked for, or another program reads the answer."""
    screen = console()
    return screen if screen.is_terminal and not json else None


def _print(screen: Console, *lines: str) -> None:
    for line in lines:
        screen.print(line, highlight=False, soft_wrap=True, markup=False)


def _say_json(request: Submission[Any], answer: Answer | Checked) -> None:
    typer.echo(msgspec.json.encode({"id": request.id, **msgspec.to_builtins(answer)}).decode())


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


def _device_of(file: Path) -> str:
    with ReportQueue(file) as queue:
        return queue.device


def _send_by_queue(
    file: Path, requests: list[Submission[Any]], link: _Link
) -> tuple[list[Submission[Any]], list[Answer]]:
    """The requests as they are numbered, and their answers; whatever else waits in the file is sent, too."""

    async def run() -> None:
        async with courier_of(queue, link.token, None, link.url, link.receipts) as courier:
            await courier.send(within_s=WITHIN_S if link.within_s is None else link.within_s)

    with ReportQueue(file) as queue:
        kept = queue.add(link.operation, *requests)
        or_turned_away(lambda: asyncio.run(run()))
        posts = [each.source.split("/", 3)[2] for each in kept]
        found = [queue.find(link.operation, post, each.id) for post, each in zip(posts, kept, strict=True)]
    waits = Answer(meaning="undecided", status=202, code="waiting", detail=f"it waits in {file}")
    return kept, [waits if each is None or each.answer is None else each.answer for each in found]


def _print_checked(filled: list[Filled], link: _Link, *, json: bool) -> NoReturn:
    requests = [each.request for each in filled]
    answers = or_turned_away(lambda: asyncio.run(_check(requests, link)))
    found = [
        replace(answer, advice=_advice(answer, each.written))
        for answer, each in zip(answers, filled, strict=True)
    ]
    for request, checked in zip(requests, found, strict=True):
        if (screen := _screen(json=json)) is None:
            _say_json(request, checked)
        else:
            say_checked(screen, checked)
    raise typer.Exit(max(EXIT[checked.outcome] for checked in found))


def _require_checks(requests: list[Submission[Any]]) -> None:
    """SettingsError for a request that nobody can be asked about beforehand."""
    for request in requests:
        if (service := ROUTES[request.type].service) not in CHECKED:
            name = request.type.split(".")[2]
            raise SettingsError(
                f"--check is of what is planned: {service} takes what is said and answers with warnings, so "
                f"{name} cannot be checked; send it, and take it back or correct it if a warning says so"
            )


async def _check(requests: list[Submission[Any]], link: _Link) -> list[Checked]:
    service = _service_of(requests)
    async with httpx.AsyncClient() as http:
        client = link.client(http, service, None)
        return [
            await client.check(link.operation, ROUTES[request.type].path, request) for request in requests
        ]
