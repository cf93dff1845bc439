"""What `pamwal plan` shows, a table a question; times are on the operation's own clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pamwal.client.tables import duration, plain_table
from pamwal.contracts.drafts import ProposalsView
from pamwal.contracts.duty_reads import CalendarView, CoverageView, DutiesView, UnacknowledgedView
from pamwal.contracts.load_reads import FreeView, HistoryStep, HistoryView, HoursView
from pamwal.contracts.plan_reads import DeploymentsView, OfficersView, OperationView, RalliesView, SitesView
from pamwal.contracts.scheduling import DeploymentRole
from pamwal.contracts.zones import hours_text, local_text

Row = Iterable[object]


def operation_table(view: OperationView, operation: OperationView) -> list[Table]:
    """The operation and its policy."""
    policy = view.policy
    state = "closed" if view.closed else "open"
    rows = [
        ("period", f"{view.starts_on} to {view.ends_on}, {view.zone}, region {view.region}; {state}"),
        ("days closed", ", ".join(view.days_closed) or "none"),
        ("parent", view.parent or "none"),
        ("children admitted", ", ".join(view.admitted) or "none"),
        ("children dismissed", ", ".join(view.dismissed) or "none"),
        ("posts", ", ".join(each.post_id for each in view.posts)),
        ("task forces", ", ".join(view.task_forces)),
        ("pairs", ", ".join(view.pairs)),
        ("rest, longest duty", f"{policy.minimum_rest_h:g} h, {policy.longest_duty_h:g} h"),
        ("travel", f"{policy.travel_speed_kmh:g} km/h, too short a way: {policy.travel}"),
        ("acknowledged by", policy.acknowledgement),
        ("ranks", ", ".join(policy.rank_order) or "those of Polri"),
        ("patterns", "; ".join(f"{name}: {strength(need)}" for name, need in view.patterns.items())),
    ]
    return [_table(f"{view.name}, version {view.version}", operation, ("what", "how"), rows)]


def calendar_table(view: CalendarView, operation: OperationView) -> list[Table]:
    """Rallies and sites by start."""
    rows = [
        (
            hours_text(each.starts_at, each.ends_at, operation.zone), each.place, each.name,
            ", ".join(each.pairs), each.status + (", unnoticed" if each.unnoticed else ""),
            f"{each.ordered} of {each.required}" + (f" +{each.reserved} reserved" if each.reserved else ""),
        )
        for each in view.entries
    ]  # fmt: skip
    title = f"Calendar of {view.day or 'the operation'}" + (", closed" if view.day_closed else "")
    return [_table(title, operation, ("hours", "place", "name", "pairs", "state", "ordered"), rows)]


def duties_table(view: DutiesView, operation: OperationView) -> list[Table]:
    """One officer's duties."""
    rows = [
        (
            hours_text(each.starts_at, each.ends_at, operation.zone), each.place, each.place_name, each.role,
            each.status + (", to acknowledge" if each.to_acknowledge else ""), ", ".join(each.padal),
            each.sprin,
        )
        for each in view.duties
    ]  # fmt: skip
    columns = ("hours", "place", "name", "role", "state", "padal", "sprin")
    return [_table(f"Duties of {view.officer_id}", operation, columns, rows)]


def unacknowledged_table(view: UnacknowledgedView, operation: OperationView) -> list[Table]:
    """Orders that wait for an answer, by place."""
    rows = [
        (
            hours_text(each.starts_at, each.ends_at, operation.zone), place.place, each.officer_id, each.role,
            each.deployment_id, ", ".join(place.padal) or "none: the post answers",
        )
        for place in view.places
        for each in place.deployments
    ]  # fmt: skip
    title = f"Not acknowledged: {view.total} (policy {view.policy})"
    return [_table(title, operation, ("hours", "place", "officer", "role", "deployment", "padal"), rows)]


def hours_table(view: HoursView, operation: OperationView) -> list[Table]:
    """Hours per officer and the spread of load."""
    rows = [
        (
            each.officer_id,
            each.unit,
            each.satgas,
            each.duties,
            duration(each.hours),
            duration(each.reserved_h),
        )
        for each in view.officers
    ]
    title = "Hours ordered, heaviest first" + ("" if view.complete else " (without duty you may not see)")
    tables = [_table(title, operation, ("officer", "unit", "satgas", "duties", "hours", "reserved"), rows)]
    spreads = [("all", view.spread)] if view.spread else []
    spreads += [(each.unit, each.spread) for each in view.units]
    shown = [
        (
            name, each.officers,
            *map(duration, (each.sum_h, each.min_h, each.median_h, each.max_h)),
            *map(duration, (each.mean_h, each.deviation_h)),
        )
        for name, each in spreads
    ]  # fmt: skip
    columns = ("of", "officers", "sum", "least", "median", "most", "mean", "deviation")
    return [*tables, _table("Spread of load, hours", operation, columns, shown)]


def gaps_table(view: CoverageView, operation: OperationView) -> list[Table]:
    """Where and when fewer are ordered than needed."""
    rows: list[Row] = []
    for place in view.places:
        roles = ", ".join(f"{each.role} {each.ordered} of {each.required}" for each in place.roles)
        for gap in place.gaps:
            lacking = strength(gap.lacking) or "nobody is there"
            hours = hours_text(gap.starts_at, gap.ends_at, operation.zone)
            rows.append((hours, place.place, place.name, lacking, roles))
        if not place.gaps:
            hours = hours_text(place.starts_at, place.ends_at, operation.zone)
            rows.append((hours, place.place, place.name, "covered", roles))
    return [_table("Gaps", operation, ("hours", "place", "name", "lacking", "ordered"), rows)]


def free_table(view: FreeView, operation: OperationView) -> list[Table]:
    """Who could be ordered, and what keeps the others."""
    hours = hours_text(view.starts_at, view.ends_at, operation.zone)
    place = f", {view.place}" if view.place else ""
    rows = [
        (
            each.officer_id, each.rank, each.unit, each.home_post, ", ".join(each.skills),
            f"{each.distance_m:,} m from {each.near}" if each.distance_m is not None else each.near or "",
        )
        for each in view.free
    ]  # fmt: skip
    title = f"Free {hours}{place}: {view.free_count} of {view.free_count + view.bound_count}"
    tables = [_table(title, operation, ("officer", "rank", "unit", "post", "skills", "near"), rows)]
    if view.bound:
        bound = [(each.officer_id, each.unit, each.code, each.message) for each in view.bound]
        tables.append(_table("Not free", operation, ("officer", "unit", "rule", "why"), bound))
    return tables


def history_table(view: HistoryView, operation: OperationView) -> list[Table]:
    """Every decision about one deployment: what, who, when, why."""
    rows = [
        (
            local_text(each.knownat, operation.zone), each.what,
            f"{each.actor or 'nobody'} ({each.role or '?'} at {each.postid or '?'}, {each.channel or '?'})",
            _what(each, operation.zone), _why(each),
        )
        for each in view.steps
    ]  # fmt: skip
    columns = ("decided", "what", "who", "details", "why")
    return [_table(f"History of {view.deployment_id}", operation, columns, rows)]


def officers_table(view: OfficersView, operation: OperationView) -> list[Table]:
    """The roster; names are not in the plan."""
    rows = [
        (
            each.officer_id, each.rank, each.unit, each.satgas, each.home_post, ", ".join(each.skills),
            "; ".join(
                f"{one.kind} {hours_text(one.starts_at, one.ends_at, operation.zone)}"
                for one in each.absences
            ),
        )
        for each in view.officers
    ]  # fmt: skip
    columns = ("officer", "rank", "unit", "satgas", "post", "skills", "absent")
    return [_table(_title("Roster", rows, view.next_after), operation, columns, rows)]


def rallies_table(view: RalliesView, operation: OperationView) -> list[Table]:
    """Rallies by start."""
    rows = [
        (
            hours_text(each.starts_at, each.ends_at, operation.zone), each.rally_id, each.kind,
            ", ".join(each.pairs), f"{each.venue.name} ({each.venue.kelurahan})",
            each.status + (", unnoticed" if each.unnoticed else ""),
            f"{each.ordered} of {_sum(each.required)}",
        )
        for each in view.rallies
    ]  # fmt: skip
    columns = ("hours", "rally", "kind", "pairs", "venue", "state", "ordered")
    return [_table("Rallies", operation, columns, rows)]


def sites_table(view: SitesView, operation: OperationView) -> list[Table]:
    """Guarded sites by id."""
    rows = [
        (
            each.site_id, each.kind, f"{each.name} ({each.kelurahan})",
            hours_text(each.starts_at, each.ends_at, operation.zone),
            "withdrawn" if each.withdrawn else f"{each.ordered} of {_sum(each.required)}",
        )
        for each in view.sites
    ]  # fmt: skip
    columns = ("site", "kind", "name", "hours", "ordered")
    return [_table(_title("Sites", rows, view.next_after), operation, columns, rows)]


def deployments_table(view: DeploymentsView, operation: OperationView) -> list[Table]:
    """Deployments by id."""
    rows = [
        (
            each.deployment_id, each.officer_id, each.place, each.role,
            hours_text(each.starts_at, each.ends_at, operation.zone), each.status, each.sprin, each.version,
        )
        for each in view.deployments
    ]  # fmt: skip
    columns = ("deployment", "officer", "place", "role", "hours", "state", "sprin", "version")
    return [_table(_title("Deployments", rows, view.next_after), operation, columns, rows)]


def drafts_table(view: ProposalsView, operation: OperationView) -> list[Table]:
    """Drafts by id."""
    rows = [
        (each.proposal_id, "open" if each.open else "over", each.orders, each.places, each.officers)
        for each in view.proposals
    ]
    return [_table("Drafts", operation, ("draft", "state", "orders", "places", "officers"), rows)]


def strength(need: Mapping[DeploymentRole, int]) -> str:
    """`guard 4, traffic 2`."""
    return ", ".join(f"{role} {count}" for role, count in need.items())


def _sum(need: Mapping[DeploymentRole, int]) -> int:
    return sum(need.values())


def _title(what: str, rows: Sequence[Row], next_after: str | None) -> str:
    return f"{what}: the first {len(rows)}, --most shows more" if next_after else f"{what}: {len(rows)}"


def _why(step: HistoryStep) -> str:
    if step.why_not is not None:
        return step.why_not.message
    return step.cause or ("(not shown: it is about a person)" if step.cause_ref else "")


def _what(step: HistoryStep, zone: str) -> str:
    hours = hours_text(step.starts_at, step.ends_at, zone) if step.starts_at and step.ends_at else None
    said = {
        "": step.place, "hours": hours, "officer": step.officer_id, "as": step.duty, "sprin": step.sprin,
        "by": step.acknowledged_by, "successor": step.successor,
        "set aside": ", ".join(step.overridden) or None, "because": step.override_cause,
    }  # fmt: skip
    return ", ".join(f"{name} {value}".strip() for name, value in said.items() if value)


def _table(title: str, operation: OperationView, columns: tuple[str, ...], rows: Iterable[Row]) -> Table:
    """A table of text; LATIHAN stands on what is of an exercise, and a table without rows says so."""
    latihan = "LATIHAN: " if operation.mode == "exercise" else ""
    table = plain_table(escape(f"{latihan}{title}"), columns[0], ())
    for name in columns[1:]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    if not table.row_count:
        table.add_row("none")
    return table
