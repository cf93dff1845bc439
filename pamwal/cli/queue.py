"""`pamwal queue`: a post's durable queue of reports, in one file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Final, cast, get_args

import msgspec
import typer

from pamwal.cli._answers import EXIT
from pamwal.cli._console import WIDTH_OF_A_PLAN, console, show_table
from pamwal.cli._courier import courier_of, token_given
from pamwal.cli._drafts import drafts_of, filled_in
from pamwal.cli._interrupt import run_until_interrupted
from pamwal.cli._scheduler import OperationOption, one_of, or_turned_away
from pamwal.cli._settings import TOKEN_HELP, clock_of_environment
from pamwal.client.bearer import bearer_of
from pamwal.client.queue import STATES, Queued, ReportQueue, State
from pamwal.client.sent import Sent
from pamwal.client.tables import plain_table
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.zones import DEFAULT_ZONE, Zone, local_text

app = typer.Typer(no_args_is_help=True, add_completion=False)
WITHIN_S: Final = 60.0
SHOWN_MAX: Final = 500
SET_ASIDE: Final = EXIT["turned_away"]

QueueOption = Annotated[
    Path, typer.Option("--queue", envvar="PAMWAL_QUEUE", help="The queue's file; made if there is none.")
]
TokenOption = Annotated[str | None, typer.Option("--token", help=TOKEN_HELP)]
TokenFileOption = Annotated[
    Path | None,
    typer.Option("--token-file", help="Read before each attempt, so that a new token is used at once."),
]
UrlOption = Annotated[
    str | None, typer.Option("--url", help="Where the services are; each one's own port here if left out.")
]
ReceiptsOption = Annotated[
    Path | None, typer.Option("--receipts", help="Append what is kept to this file, for 'pamwal audit'.")
]


@app.callback()
def queue() -> None:
    """Reports that stand in a file from the press of the button until they are answered.

    Nothing in it is lost or doubled, whatever is killed or cut. One process sends a file, any number add.
    """


@app.command(
    epilog="Example:  pamwal queue add check_in --queue alak.queue --operation kupang-2024 --post alak "
    '--data \'{"officer_id":"KPG-0001","place":"rally/oebobo-1","method":"manual"}\''
)
def add(
    *,
    queue: QueueOption,
    operation: OperationOption,
    kind: Annotated[
        str | None,
        typer.Argument(help="check_in, heartbeat, … or a full type; not needed if the file says it."),
    ] = None,
    data: Annotated[str | None, typer.Option(help="The report's data as JSON.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="A whole request as JSON, or one a line; '-' for standard input.")
    ] = None,
    post: Annotated[
        str | None, typer.Option(help="The post that speaks; a token of a post or device says it.")
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(help="When it happened, with its offset; if left out, now, by PAMWAL_CLOCK."),
    ] = None,
    identifier: Annotated[
        str | None, typer.Option("--id", help="Idempotency key; a new one if left out.")
    ] = None,
    token: Annotated[
        str | None, typer.Option("--token", help="Only to see who speaks; PAMWAL_TOKEN if left out.")
    ] = None,
    token_file: Annotated[Path | None, typer.Option("--token-file", help="The same from a file.")] = None,
) -> None:
    """Keep a report, or many, all or none; prints each id. What is printed is on disk and has its number.

    The same --id with the same words again changes nothing. An enrolled device speaks as itself: give its
    token, and keep one queue for it, for the queue numbers what the device says.
    """
    drafts, clock = drafts_of(data, file), clock_of_environment()
    with ReportQueue(queue) as opened:
        source = bearer_of(token_given(token, token_file)).source(post, device=opened.device)
        filled = filled_in(drafts, kind, source, time, identifier, clock, typed=data is not None)
        for request in opened.add(operation, *(each.request for each in filled)):
            typer.echo(request.id)


@app.command(name="list", epilog="Example:  pamwal queue list --queue alak.queue --state set_aside")
def list_(
    *,
    queue: QueueOption,
    state: Annotated[str | None, typer.Option(help="waiting, kept, answered or set_aside.")] = None,
    most: Annotated[int, typer.Option("--most", min=1, help="Show so many; with --json all.")] = SHOWN_MAX,
    zone: Annotated[
        str,
        typer.Option(
            "--zone", envvar="PAMWAL_ZONE", help=f"In which times are shown: {', '.join(get_args(Zone))}."
        ),
    ] = DEFAULT_ZONE,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for a machine.")] = False,
) -> None:
    """What stands in the queue, oldest first, and what became of it.

    A queue is read without a network, so the zone of its times is a setting.
    """
    zone = one_of("--zone", zone, get_args(Zone))
    with _existing(queue) as opened:
        wanted = None if state is None else _state(state)
        if json:
            for each in opened.each(wanted):
                typer.echo(msgspec.json.encode(_plain(each)).decode())
            return
        found, counts = opened.of(wanted, most=most), opened.counts()
    table = plain_table(f"Reports in {queue}", "id", ())
    for name in ("operation", "what", "happened", "state", "tries", "answer"):
        table.add_column(name)
    for each in found:
        answer = each.answer
        why = "" if answer is None else answer.code or answer.meaning
        if answer is not None and answer.meaning != "accepted" and answer.detail:
            why = f"{why}: {answer.detail}"
        said = each.submission
        what = each.type.split(".")[2]
        table.add_row(
            each.id, each.operation_id, what, local_text(said.time, zone), each.state, str(each.tries), why
        )
    show_table(console(WIDTH_OF_A_PLAN), table)
    if len(found) < (count := sum(counts.values()) if wanted is None else counts.get(wanted, 0)):
        typer.echo(f"the oldest {len(found):,} of {count:,}; --most shows more")
    typer.echo(", ".join(f"{count} {name}" for name, count in counts.items()) or "the queue is empty")


@app.command(epilog="Example:  pamwal queue send --queue alak.queue --token-file alak.token")
def send(
    *,
    queue: QueueOption,
    token: TokenOption = None,
    token_file: TokenFileOption = None,
    url: UrlOption = None,
    receipts: ReceiptsOption = None,
    within: Annotated[float, typer.Option(help="Try for so many seconds.")] = WITHIN_S,
    heartbeat: Annotated[
        bool, typer.Option("--heartbeat", help="Say at the end how far each post is; a post's token may.")
    ] = False,
) -> None:
    """Send what waits until all of it is answered; on a terminal counts in words, else as one JSON object.

    Exit code: 0 nothing waits any more and nothing was set aside, 6 something waits or is not decided yet,
    5 something is set aside, or the token or the address was refused, 3 something was refused in this run,
    1 the file cannot be used. What became of each report says 'pamwal queue list'.
    """

    async def run() -> Sent:
        async with courier_of(opened, token, token_file, url, receipts) as courier:
            sent = await courier.send(within_s=within)
            if heartbeat:
                await courier.heartbeat()
            return sent

    with _existing(queue) as opened:
        sent = or_turned_away(lambda: asyncio.run(run()))
        set_aside = opened.counts().get("set_aside", 0)
    counts = {**msgspec.to_builtins(sent), "set_aside": set_aside}
    if console().is_terminal:
        told = (f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count)
        typer.echo(", ".join(told) or "nothing waited")
    else:
        typer.echo(msgspec.json.encode(counts).decode())
    raise typer.Exit(_exit_code(sent, set_aside))


@app.command(epilog="Example:  pamwal queue watch --queue alak.queue --token-file alak.token")
def watch(
    *,
    queue: QueueOption,
    token: TokenOption = None,
    token_file: TokenFileOption = None,
    url: UrlOption = None,
    receipts: ReceiptsOption = None,
    heartbeat_s: Annotated[
        float, typer.Option("--heartbeat", min=0, help="Seconds between heartbeats of each post; 0 for none.")
    ] = 60.0,
) -> None:
    """Send whatever is added, until interrupted; a refused token is waited out until its file has another."""

    async def run() -> None:
        async with courier_of(opened, token, token_file, url, receipts) as courier:
            await courier.watch(heartbeat_s=heartbeat_s or None)

    with ReportQueue(queue) as opened:
        run_until_interrupted(run)


@app.command(epilog="Example:  pamwal queue again --queue alak.queue 0192a1b2-…")
def again(*, queue: QueueOption, ids: Annotated[list[str], typer.Argument(help="Ids of reports.")]) -> None:
    """Let reports wait again that were set aside, or were not the token's to say."""
    with _existing(queue) as opened:
        typer.echo(f"{opened.again(*ids)} wait again")


@app.command(epilog="Example:  pamwal queue clear --queue alak.queue")
def clear(*, queue: QueueOption) -> None:
    """Forget the reports that were accepted; what was refused or set aside stays to be seen."""
    with _existing(queue) as opened:
        typer.echo(f"{opened.clear()} forgotten")


def _existing(path: Path) -> ReportQueue:
    if not path.exists():
        raise SettingsError(f"there is no queue {path}; 'pamwal queue add' makes one")
    return ReportQueue(path)


def _state(given: str) -> State:
    return cast(State, one_of("--state", given, STATES))


def _plain(queued: Queued) -> dict[str, object]:
    return {
        "operation": queued.operation_id,
        "state": queued.state,
        "tries": queued.tries,
        "report": msgspec.Raw(queued.body),
        "answer": queued.answer,
    }


def _exit_code(sent: Sent, set_aside: int) -> int:
    if sent.waiting or sent.undecided:
        return EXIT["undecided"]
    if set_aside:
        return SET_ASIDE
    return EXIT["refused"] if sent.refused or sent.parked else 0
