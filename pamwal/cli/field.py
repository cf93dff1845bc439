"""`pamwal field`: who was at a place, what a post said, an officer's day, who answered a poll."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Final, TypeVar, cast, get_args

import typer
from msgspec import Struct
from rich.table import Table

from pamwal.cli._console import WIDTH_OF_A_PLAN, console, show_table
from pamwal.cli._scheduler import (
    JsonOption,
    OperationOption,
    TokenOption,
    ToOption,
    ZoneOption,
    as_json,
    one_of,
    save,
)
from pamwal.cli._service import ReportingOption, with_service
from pamwal.client.field_sheets import FieldSheets, polls
from pamwal.client.tables import plain_table
from pamwal.contracts.field import CheckedIn, CheckedOut, PollAcked, RollCalled
from pamwal.contracts.field_reads import AttendanceSheet, PostLog
from pamwal.contracts.officer_reads import OfficerDay
from pamwal.contracts.posts_shown import OperationPolls
from pamwal.contracts.zones import Zone, local_text

app = typer.Typer(no_args_is_help=True, add_completion=False)
T = TypeVar("T")
FORMS: Final = ("table", "json", "ics", "csv")

DayOption = Annotated[str, typer.Option("--day", help="A local day, 2024-10-03.")]
FormOption = Annotated[
    str, typer.Option("--form", help="table; json; ics, the data of ICS 211 or 214 as JSON; or csv, a file.")
]
UrlOption = Annotated[
    str | None, typer.Option("--url", help="Where checkin is; its own port here if left out.")
]


@app.callback()
def field() -> None:
    """Look at what the field said; 'pamwal send close_post', 'hand_over_watch' or 'start_poll' say it.

    Exit code 5 if the service turns the question away, 1 if nobody answers.
    """


@app.command(
    epilog="Example:  pamwal field attendance rally/oebobo-1 --operation kupang-2024 --day 2024-10-03"
)
def attendance(
    *,
    place: Annotated[str, typer.Argument(metavar="PLACE", help="rally/ID or site/ID.")],
    operation: OperationOption,
    day: DayOption,
    zone: ZoneOption = None,
    form: FormOption = "table",
    to: ToOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """Who was at a place: by when he came, with unit, method and remarks."""

    def ask(read: Callable[[FieldSheets], Awaitable[T]]) -> T:
        return _asked(operation, zone, token, url, read)

    match one_of("--form", form, FORMS):
        case "csv":
            save(ask(lambda sheets: sheets.table("attendance", place, day)), to)
        case "ics":
            as_json(ask(lambda sheets: sheets.ics_211(place, day)))
        case form:
            _show(ask(lambda sheets: sheets.attendance(place, day)), _attendance_table, json=form == "json")


@app.command(epilog="Example:  pamwal field log maulafa --operation kupang-2024 --day 2024-10-03")
def log(
    *,
    post: Annotated[str, typer.Argument(metavar="POST", help="The post.")],
    operation: OperationOption,
    day: DayOption,
    zone: ZoneOption = None,
    form: FormOption = "table",
    to: ToOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """What a post said on a day and what became of it, in the order of the log."""

    def ask(read: Callable[[FieldSheets], Awaitable[T]]) -> T:
        return _asked(operation, zone, token, url, read)

    match one_of("--form", form, FORMS):
        case "csv":
            save(ask(lambda sheets: sheets.table("log", post, day)), to)
        case "ics":
            as_json(ask(lambda sheets: sheets.ics_214(post, day)))
        case form:
            _show(ask(lambda sheets: sheets.log(post, day)), _log_table, json=form == "json")


@app.command(epilog="Example:  pamwal field officer KPG-0001 --operation kupang-2024 --day 2024-10-03")
def officer(
    *,
    officer: Annotated[str, typer.Argument(metavar="OFFICER", help="The officer's id.")],
    operation: OperationOption,
    day: DayOption,
    zone: ZoneOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """An officer's day: what was said of his presence, by which post, and what was taken back."""
    found = _asked(operation, zone, token, url, lambda sheets: sheets.officer(officer, day))
    _show(found, lambda shown: _officer_table(shown, day), json=json)


@app.command("polls", epilog="Example:  pamwal field polls --operation kupang-2024 --day 2024-10-03")
def polls_(
    *,
    operation: OperationOption,
    day: Annotated[str | None, typer.Option("--day", help="A local day; today if left out.")] = None,
    token: TokenOption = None,
    url: ReportingOption = None,
    json: JsonOption = False,
) -> None:
    """Accountability polls (PAR) of a day: who is asked, who has answered, who is missed."""
    found = with_service("reporting", token, url, lambda client: polls(client, operation, day=day))
    _show(found, _polls_table, json=json)


def _show(found: T, draw: Callable[[T], Table], *, json: bool) -> None:
    if json and isinstance(found, Struct):
        as_json(found)
    else:
        show_table(console(WIDTH_OF_A_PLAN), draw(found))


def _asked(
    operation: str,
    zone: str | None,
    token: str | None,
    url: str | None,
    read: Callable[[FieldSheets], Awaitable[T]],
) -> T:
    named = None if zone is None else cast(Zone, one_of("--zone", zone, get_args(Zone)))
    return with_service(
        "checkin", token, url, lambda client: read(FieldSheets(client, operation, zone=named))
    )


def _attendance_table(sheet: AttendanceSheet) -> Table:
    whose = f", as {sheet.said_by} said" if sheet.said_by else ""
    cut = ", cut" if sheet.cut else ""
    columns = ("in", "out", "rank", "name", "unit", "method", "remarks")
    table = _table(f"Attendance of {sheet.place} on {sheet.day}{whose}{cut}", "officer", columns)
    for row in sheet.rows:
        also = [*row.remarks, *([f"{row.witnesses} witnesses"] if row.witnesses else [])]
        table.add_row(
            row.officer_id, _local(row.time_in, sheet.zone), _local(row.time_out, sheet.zone), row.rank or "",
            row.name or "", row.unit or "", row.method or "", "; ".join(also),
        )  # fmt: skip
    return table


def _log_table(log: PostLog) -> Table:
    table = _table(
        f"Log of {log.post} on {log.day}", "when", ("said", "of", "by", "channel", "became", "warnings")
    )
    for line in log.lines:
        said = line.said if isinstance(line.said, dict) else {}
        of = ", ".join(str(value) for value in said.values() if isinstance(value, str | int))
        became = f"{line.outcome} {line.reason or ''}".rstrip()
        table.add_row(
            _local(line.at, log.zone), line.type.split(".")[2] if "." in line.type else "", of,
            line.actor or "", line.channel or "", became, ", ".join(line.warnings),
        )  # fmt: skip
    return table


def _officer_table(found: OfficerDay, day: str) -> Table:
    cut = ", cut" if found.cut else ""
    table = _table(f"{found.officer_id} on {day}{cut}", "when", ("said", "of", "how", "by", "remarks"))
    for one in found.observations:
        said, of, how, also = _told_of(one.fact)
        remarks = [also] if also else []
        remarks += [f"taken back by {one.voided_by}"] if one.voided_by else []
        remarks += ["told by a lost device"] if one.device_lost else []
        table.add_row(_local(one.fact.occurred_at, found.zone), said, of, how, one.postid, "; ".join(remarks))
    return table


def _told_of(fact: CheckedIn | CheckedOut | RollCalled | PollAcked) -> tuple[str, str, str, str]:
    """What was said of an officer, of what, how, and what else."""
    match fact:
        case CheckedIn():
            return "came", fact.place, fact.method, f"relieves {fact.relieves}" if fact.relieves else ""
        case CheckedOut():
            by = f"relieved by {fact.relieved_by}" if fact.relieved_by else ""
            return "went", fact.place, fact.method, by
        case RollCalled():
            causes = [each.cause for each in fact.not_present]
            answered = "not present" if causes else "present"
            return "roll call", fact.place or fact.unit or "", "", ", ".join([answered, *causes])
        case PollAcked():
            return "answered a poll", fact.poll_id, "", f"by {fact.author}"


def _polls_table(found: OperationPolls) -> Table:
    columns = (
        "of",
        "from",
        "due",
        "asked",
        "answered",
        "late",
        "pending",
        "missed",
        "excused",
        "who is missing",
    )
    table = _table(f"Accountability polls of {found.day}", "poll", columns)
    for row in found.polls.rows:
        silent = [each.officer_id for each in row.officers if each.state in ("pending", "missed")]
        counts = (row.asked, row.acked, row.late, row.pending, row.missed, row.excused)
        table.add_row(
            row.poll_id, row.place or row.post or "officers", _local(row.starts_at, found.zone),
            f"{_local(row.due_at, found.zone)}{'' if row.running else ', over'}", *map(str, counts),
            ", ".join(silent),
        )  # fmt: skip
    return table


def _table(title: str, first: str, columns: tuple[str, ...]) -> Table:
    table = plain_table(title, first, ())
    for name in columns:
        table.add_column(name)
    return table


def _local(instant: str | None, zone: str) -> str:
    return local_text(instant, zone) if instant else ""
