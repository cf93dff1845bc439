"""`pamwal plan`: what is planned and ordered, as tables."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from pamwal.cli import _plan_tables as tables
from pamwal.cli._moments import TYPED, moment
from pamwal.cli._plan_reads import show
from pamwal.cli._scheduler import (
    DayOption,
    JsonOption,
    Link,
    MostOption,
    OperationOption,
    TokenOption,
    UrlOption,
)
from pamwal.cli._settings import clock_of_environment
from pamwal.client.scheduler import Scheduler
from pamwal.contracts.load_reads import FreeView

app = typer.Typer(no_args_is_help=True, add_completion=False)
MOST: Final = 200

UnitOption = Annotated[str | None, typer.Option("--unit", help="Only this unit.")]
SatgasOption = Annotated[str | None, typer.Option("--satgas", help="Only this task force.")]
SkillOption = Annotated[str | None, typer.Option("--skill", help="Only who has this skill.")]
PlaceOption = Annotated[str | None, typer.Option("--place", help="A place, rally/ID or site/ID.")]
OfficerOption = Annotated[str | None, typer.Option("--officer", help="An officer's id.")]


@app.callback()
def plan() -> None:
    """Look at the plan. Times are the operation's own; --json gives everything, in UTC.

    Exit code 5 if the service turns the question away, 1 if nobody answers.
    """


@app.command(epilog="Example:  pamwal plan operation --operation kupang-2024")
def operation(
    *, operation: OperationOption, token: TokenOption = None, url: UrlOption = None, json: JsonOption = False
) -> None:
    """The operation: period, posts, task forces, policy, patterns."""
    show(Link(operation=operation, token=token, url=url), json, Scheduler.operation, tables.operation_table)


@app.command(
    epilog="Example:  pamwal plan calendar --operation kupang-2024 --day 2024-10-03 --pair walikota/3"
)
def calendar(
    *,
    operation: OperationOption,
    day: DayOption = None,
    venue: Annotated[str | None, typer.Option(help="Only at this venue.")] = None,
    pair: Annotated[str | None, typer.Option(help="Only of this candidate pair, walikota/3.")] = None,
    officer: OfficerOption = None,
    most: MostOption = MOST,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Rallies and sites by start, with how many are ordered."""
    show(
        Link(operation=operation, token=token, url=url), json,
        lambda scheduler: scheduler.calendar(day=day, venue=venue, pair=pair, officer=officer, most=most),
        tables.calendar_table,
    )  # fmt: skip


@app.command(epilog="Example:  pamwal plan duties --operation kupang-2024 --officer KPG-0001")
def duties(
    *,
    operation: OperationOption,
    officer: OfficerOption = None,
    day: DayOption = None,
    released: Annotated[
        bool, typer.Option("--released", help="Cancelled, swapped and rejected ones too.")
    ] = False,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """An officer's own duty list; an officer's token needs no --officer."""
    show(
        Link(operation=operation, token=token, url=url), json,
        lambda scheduler: scheduler.duties(officer=officer, day=day, released=released), tables.duties_table,
    )  # fmt: skip


@app.command(epilog="Example:  pamwal plan unacknowledged --operation kupang-2024 --day 2024-10-03")
def unacknowledged(
    *,
    operation: OperationOption,
    day: DayOption = None,
    most: MostOption = MOST,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Orders nobody has acknowledged yet, and who should."""
    show(
        Link(operation=operation, token=token, url=url), json,
        lambda scheduler: scheduler.unacknowledged(day=day, most=most), tables.unacknowledged_table,
    )  # fmt: skip


@app.command(epilog="Example:  pamwal plan hours --operation kupang-2024 --unit 'Sektor Oebobo'")
def hours(
    *,
    operation: OperationOption,
    day: DayOption = None,
    unit: UnitOption = None,
    satgas: SatgasOption = None,
    most: MostOption = MOST,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Hours ordered per officer, heaviest first, and how evenly they lie."""
    show(
        Link(operation=operation, token=token, url=url), json,
        lambda scheduler: scheduler.hours(day=day, unit=unit, satgas=satgas, most=most), tables.hours_table,
    )  # fmt: skip


@app.command(epilog="Example:  pamwal plan gaps --operation kupang-2024 --day 2024-10-03")
def gaps(
    *,
    operation: OperationOption,
    day: DayOption = None,
    covered: Annotated[bool, typer.Option("--covered", help="Places without a gap as well.")] = False,
    most: MostOption = MOST,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Where and when fewer are ordered than needed."""
    show(
        Link(operation=operation, token=token, url=url), json,
        lambda scheduler: scheduler.gaps(day=day, covered=covered, most=most), tables.gaps_table,
    )  # fmt: skip


@app.command(
    epilog="Example:  pamwal plan free --operation kupang-2024 --from '2024-10-03 16:00' "
    "--to '2024-10-03 18:00' --place rally/oebobo-1 --why"
)
def free(
    *,
    operation: OperationOption,
    begins: Annotated[str, typer.Option("--from", help=f"On the operation's clock: {TYPED}.")],
    ends: Annotated[str, typer.Option("--to", help="When it ends, likewise.")],
    place: PlaceOption = None,
    unit: UnitOption = None,
    skill: SkillOption = None,
    why: Annotated[bool, typer.Option("--why", help="Also who is not free, and what keeps him.")] = False,
    most: MostOption = MOST,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Who could be ordered for some hours, nearest first."""

    async def asked(scheduler: Scheduler) -> FreeView:
        zone, now = (await scheduler.operation()).zone, clock_of_environment().now()
        return await scheduler.free(
            starts_at=moment("--from", begins, zone, now), ends_at=moment("--to", ends, zone, now),
            place=place, unit=unit, skill=skill, why=why, most=most,
        )  # fmt: skip

    show(Link(operation=operation, token=token, url=url), json, asked, tables.free_table)


@app.command(epilog="Example:  pamwal plan history D-0001 --operation kupang-2024")
def history(
    *,
    deployment: Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="The deployment's id.")],
    operation: OperationOption,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """What became of one deployment: every decision, who, when, why."""
    show(
        Link(operation=operation, token=token, url=url), json,
        lambda scheduler: scheduler.history(deployment), tables.history_table,
    )  # fmt: skip


@app.command(epilog="Example:  pamwal plan officers --operation kupang-2024 --skill traffic")
def officers(
    *,
    operation: OperationOption,
    unit: UnitOption = None,
    satgas: SatgasOption = None,
    home_post: Annotated[str | None, typer.Option(help="Only of this home post.")] = None,
    skill: SkillOption = None,
    most: MostOption = MOST,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """The roster by id, with absences; names are printed on sheets only."""
    show(
        Link(operation=operation, token=token, url=url), json,
        lambda scheduler: scheduler.officers(
            unit=unit, satgas=satgas, home_post=home_post, skill=skill, most=most
        ),
        tables.officers_table,
    )  # fmt: skip


@app.command(epilog="Example:  pamwal plan rallies --operation kupang-2024 --day 2024-10-03")
def rallies(
    *,
    operation: OperationOption,
    day: DayOption = None,
    series: Annotated[str | None, typer.Option(help="Only of this series.")] = None,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Rallies by start, with their notice."""
    show(
        Link(operation=operation, token=token, url=url), json,
        lambda scheduler: scheduler.rallies(day=day, series=series), tables.rallies_table,
    )  # fmt: skip


@app.command(epilog="Example:  pamwal plan sites --operation kupang-2024")
def sites(
    *,
    operation: OperationOption,
    day: DayOption = None,
    withdrawn: Annotated[bool, typer.Option("--withdrawn", help="Those guarded no more too.")] = False,
    most: MostOption = MOST,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Guarded sites by id."""
    show(
        Link(operation=operation, token=token, url=url), json,
        lambda scheduler: scheduler.sites(day=day, withdrawn=withdrawn, most=most), tables.sites_table,
    )  # fmt: skip


@app.command(epilog="Example:  pamwal plan deployments --operation kupang-2024 --place rally/oebobo-1 --live")
def deployments(
    *,
    operation: OperationOption,
    officer: OfficerOption = None,
    place: PlaceOption = None,
    sprin: Annotated[str | None, typer.Option(help="Only those that cite this written order.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Only those that bind an officer.")] = False,
    most: MostOption = MOST,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Deployments by id."""
    show(
        Link(operation=operation, token=token, url=url), json,
        lambda scheduler: scheduler.deployments(
            officer=officer, place=place, sprin=sprin, live=live or None, most=most
        ),
        tables.deployments_table,
    )  # fmt: skip


@app.command(epilog="Example:  pamwal plan drafts --operation kupang-2024")
def drafts(
    *,
    operation: OperationOption,
    every: Annotated[bool, typer.Option("--every", help="Those ordered or thrown away too.")] = False,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Drafts that 'pamwal propose order' orders."""
    show(
        Link(operation=operation, token=token, url=url), json,
        lambda scheduler: scheduler.proposals(every=every), tables.drafts_table,
    )  # fmt: skip
