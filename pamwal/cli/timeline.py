"""`pamwal timeline`: who did what, when it happened, and when we knew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Final, Literal, cast

import typer

from pamwal.cli._console import WIDTH_OF_A_PLAN, console, show_table
from pamwal.cli._scheduler import (
    JsonOption,
    OperationOption,
    TokenOption,
    ToOption,
    as_json,
    one_of,
    save,
)
from pamwal.cli._service import ReportingOption, with_service
from pamwal.client.service import ServiceClient
from pamwal.client.tables import plain_table
from pamwal.client.timeline import TimelineReader, TimelineSearch
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.family_reads import FamilyTimeline, OperationEntry
from pamwal.contracts.timeline import Timeline, TimelineEntry
from pamwal.contracts.zones import clock_text

app = typer.Typer(no_args_is_help=True, add_completion=False)
MOST: Final = 5_000
FORMS: Final = ("table", "csv", "xlsx")
Entries = list[TimelineEntry | OperationEntry]
Read = tuple[Timeline | FamilyTimeline, Entries]


@app.command(
    epilog="Example:  pamwal timeline --operation kupang-2024 --venue balai-oepura --from "
    "2024-10-03T09:00:00+08:00 --text luka"
)
def timeline(
    *,
    operation: OperationOption,
    venue: Annotated[
        str | None, typer.Option("--venue", help="A venue's id, or rally/ID or site/ID.")
    ] = None,
    post: Annotated[str | None, typer.Option("--post", help="What this post said.")] = None,
    officer: Annotated[str | None, typer.Option("--officer", help="What names this officer.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="A type of fact, checked_in; may be given again.")
    ] = None,
    severity: Annotated[
        str | None, typer.Option("--severity", help="Of incidents: minor to extreme.")
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="Happened at this moment or later, RFC 3339.")
    ] = None,
    before: Annotated[str | None, typer.Option("--until", help="Happened before this moment.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="Words that must all be there.")] = None,
    below: Annotated[
        bool, typer.Option("--below", help="Of a parent: of all operations below it, too, as one log.")
    ] = False,
    at: Annotated[str | None, typer.Option("--at", help="As of this moment; now if left out.")] = None,
    known: Annotated[str | None, typer.Option("--known", help="By nothing but what was known then.")] = None,
    most: Annotated[int, typer.Option("--most", min=1, max=MOST, help="Entries at the most.")] = 100,
    form: Annotated[str, typer.Option("--form", help="table; csv or xlsx: all that fits.")] = "table",
    to: ToOption = None,
    token: TokenOption = None,
    url: ReportingOption = None,
    json: JsonOption = False,
) -> None:
    """Show the operation's log, newest first: when it happened, when it was known, who said what.

    With --json one entry a line. Exit code: 0, 5 the service turns it away, 1 nobody answers.
    """

    search = TimelineSearch(
        venue=venue, post=post, officer=officer, kinds=tuple(kind or ()), severity=severity, from_=first,
        before=before, text=text, at=at, known=known,
    )  # fmt: skip
    wanted = one_of("--form", form, FORMS)
    if wanted != "table":
        table = with_service(
            "reporting", token, url,
            lambda client: TimelineReader(client, operation).table(
                search, cast(Literal["csv", "xlsx"], wanted), below=below
            ),
        )  # fmt: skip
        save(table, to)
        return

    async def read(client: ServiceClient) -> Read:
        reader, found = TimelineReader(client, operation), list[TimelineEntry | OperationEntry]()
        pages: AsyncIterator[Timeline | FamilyTimeline]
        pages = reader.pages_below(search) if below else reader.pages(search)
        async for page in pages:
            found += page.entries
            if len(found) >= most or page.next_after is None:
                return page, found[:most]
        raise SettingsError("reporting answered no page; ask again")

    page, found = with_service("reporting", token, url, read)
    if json:
        for each in found if page.counts is None else [page]:
            as_json(each)
    elif page.counts is not None:
        _show_counts(page)
    else:
        _show(page, found, more=len(found) == most)


def _show(page: Timeline | FamilyTimeline, found: Entries, *, more: bool) -> None:
    if isinstance(page, FamilyTimeline):
        exercise, zone = page.mode == "exercise", ""
        also, knew = " and all below it", f"of {page.operations} operations"
    else:
        exercise, zone = page.exercise, page.zone
        also, knew = "", page.knowledge.posts
    table = plain_table(f"{'LATIHAN: ' if exercise else ''}Log of {page.operation_id}{also}", "happened", ())
    for name in ("known", *(("operation",) if also else ()), "who", "post", "what"):
        table.add_column(name)
    for each in found:
        table.add_row(*_row(each, zone))
    screen = console(WIDTH_OF_A_PLAN)
    show_table(screen, table)
    ended = f"the first {len(found)}; --most shows more" if more else f"{len(found)} entries"
    screen.print(f"\n{ended}; {knew}.", highlight=False)
    _say_unseen(page)


def _row(each: TimelineEntry | OperationEntry, zone: str) -> list[str]:
    """`zone`: of an entry that does not say its operation's own."""
    if isinstance(each, OperationEntry):
        whose, zone, entry = [each.operation_id], each.zone, each.entry
    else:
        whose, entry = [], each
    return [
        *times_of(entry, zone),
        *whose,
        entry.actor or "",
        " ".join(part for part in (entry.post_id, entry.channel) if part),
        _what(entry),
    ]


def _say_unseen(page: Timeline | FamilyTimeline) -> None:
    for each in page.unseen if isinstance(page, FamilyTimeline) else ():
        console().print(f"not searched: {each.operation_id or 'some'}, {each.why}", highlight=False)


def times_of(entry: TimelineEntry, zone: str) -> tuple[str, str]:
    """When it happened and when it was known, on the local clock; that with its day if it is another."""
    at, known = clock_text(entry.at, zone), clock_text(entry.known_at, zone)
    return at.rpartition(" ")[0], known if known[:10] != at[:10] else known[11:]


def _what(entry: TimelineEntry) -> str:
    parts = [entry.says]
    parts += [f"because: {entry.cause}"] if entry.cause else []
    parts += [f'"{words}"' for words in entry.words]
    parts += [f"{entry.erased} text erased"] if entry.erased else []
    parts += ["taken back"] if any(fact.taken_back for fact in entry.facts) else []
    return "; ".join(parts)


def _show_counts(page: Timeline | FamilyTimeline) -> None:
    table = plain_table(f"Facts of {page.operation_id}", "type", ("count",))
    for name, count in (page.counts or {}).items():
        table.add_row(name, str(count))
    show_table(console(), table)
    _say_unseen(page)
