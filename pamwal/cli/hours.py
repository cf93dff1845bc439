"""`pamwal hours`: what officers worked, beside what they were ordered to."""

from __future__ import annotations

from typing import Annotated, Final, Literal, cast

import typer
from rich.table import Table

from pamwal.cli._console import WIDTH_OF_A_PLAN, console, show_table
from pamwal.cli._pictures import AtOption, KnownOption
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
from pamwal.client.hours import Hours
from pamwal.client.tables import duration, plain_table
from pamwal.contracts.hours import HoursWorked, OfficerWorked, Worked
from pamwal.contracts.zones import clock_text

app = typer.Typer(no_args_is_help=True, add_completion=False)
FORMS: Final = ("table", "csv", "xlsx")
COLUMNS: Final = (
    "duties", "ordered h", "due h", "worked h", "beyond h", "late", "absent", "excused", "unknown", "unended",
    "doubtful", "overrides",
)  # fmt: skip


@app.command(
    epilog="Example:  pamwal hours --operation kupang-2024 --from 2024-10-01 --until 2024-10-31 --form xlsx"
)
def hours(
    *,
    operation: OperationOption,
    first: Annotated[
        str | None, typer.Option("--from", help="First local day; the last if left out.")
    ] = None,
    last: Annotated[str | None, typer.Option("--until", help="Last local day; today if left out.")] = None,
    officer: Annotated[str | None, typer.Option("--officer", help="Only this officer.")] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Only officers of this unit.")] = None,
    form: Annotated[
        str, typer.Option("--form", help="table, or csv or xlsx: rows for allowances.")
    ] = "table",
    at: AtOption = None,
    known: KnownOption = None,
    to: ToOption = None,
    token: TokenOption = None,
    url: ReportingOption = None,
    json: JsonOption = False,
) -> None:
    """Show hours worked against ordered per unit and officer, who is due for relief, and what rest is owed.

    Exit code: 0, 5 the service turns it away, 1 nobody answers.
    """
    wanted = one_of("--form", form, FORMS)
    if wanted != "table":
        rows = with_service(
            "reporting", token, url,
            lambda client: Hours(client, operation).rows(
                cast(Literal["csv", "xlsx"], wanted), first_day=first, last_day=last, officer=officer,
                unit=unit, at=at, known=known,
            ),
        )  # fmt: skip
        save(rows, to)
        return
    found = with_service(
        "reporting", token, url,
        lambda client: Hours(client, operation).worked(
            first_day=first, last_day=last, officer=officer, unit=unit, at=at, known=known
        ),
    )  # fmt: skip
    if json:
        as_json(found)
    else:
        _show(found)


def _show(found: HoursWorked) -> None:
    screen = console(WIDTH_OF_A_PLAN)
    show_table(screen, _units_table(found))
    if found.officers:
        screen.print("")
        show_table(screen, _officers_table(found))
    overdue = f", {found.relief_overdue} overdue for relief" if found.relief_overdue else ""
    screen.print(
        f"\n{found.officers_count} officers at {clock_text(found.at, found.zone)}{overdue}; longest duty "
        f"{found.longest_duty_h:g} h, minimum rest {found.minimum_rest_h:g} h.",
        highlight=False,
    )


def _units_table(found: HoursWorked) -> Table:
    latihan = "LATIHAN: " if found.exercise else ""
    days = found.first_day if found.first_day == found.last_day else f"{found.first_day} to {found.last_day}"
    table = plain_table(f"{latihan}Hours worked, {days}", "unit", ("officers", *COLUMNS))
    for each in found.units:
        table.add_row(each.unit or "on no roster", str(each.officers), *_cells(each.worked))
    table.add_section()
    table.add_row("total", str(found.officers_count), *_cells(found.total), style="bold")
    return table


def _officers_table(found: HoursWorked) -> Table:
    table = plain_table("Officers", "officer", COLUMNS)
    table.add_column("relief, rest")
    for each in found.officers:
        table.add_row(_who(each), *_cells(each.worked), _judged(each, found.zone))
    return table


def _who(officer: OfficerWorked) -> str:
    return " ".join(part for part in (officer.officer_id, officer.rank, officer.name or "") if part)


def _judged(officer: OfficerWorked, zone: str) -> str:
    parts = []
    if officer.relief_due_at is not None:
        word = "relief overdue since" if officer.relief_overdue else "relief due"
        parts.append(f"{word} {clock_text(officer.relief_due_at, zone)}")
    if officer.rest_until is not None:
        parts.append(f"rests until {clock_text(officer.rest_until, zone)}")
    if officer.over_duty_h:
        parts.append(f"{duration(officer.over_duty_h)} h over the longest duty")
    if officer.rest_owed_h:
        parts.append(f"{duration(officer.rest_owed_h)} h rest owed")
    return "; ".join(parts)


def _cells(worked: Worked) -> list[str]:
    """A zero is a dot, so that the eye finds what is not."""
    hours = (worked.ordered_h, worked.due_h, worked.worked_h, worked.beyond_h)
    counts = (
        worked.late, worked.absent, worked.excused, worked.unknown, worked.unended, worked.doubtful,
        worked.overrides,
    )  # fmt: skip
    cells = [worked.duties, *(duration(each) if each else 0 for each in hours), *counts]
    return [str(each or "·") for each in cells]
