"""A practice copy of a day: what is to be asked of an exercise so that it plans what the day plans.

Pure: from what was read of the one operation to requests for the other. Names of persons are in neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from pamwal.contracts.envelope import RequestData
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.plan_reads import DeploymentView, OfficerView, OperationView, RallyView, SiteView
from pamwal.contracts.scheduling import (
    ROWS_MAX,
    AbsenceEntry,
    AmendOperation,
    Attachment,
    LendOfficers,
    LoanEntry,
    OfficerEntry,
    OpenOperation,
    Order,
    OrderDeployments,
    Override,
    PlanRallies,
    PlanRally,
    RecordAbsences,
    RegisterOfficers,
    RegisterSites,
    ReserveDeployments,
    SiteEntry,
)
from pamwal.contracts.zones import local_day, midnight

HELD: Final = frozenset({"notified", "noticed", "planned"})
LIVE: Final = frozenset({"reserved", "ordered", "acknowledged"})
NAME_MAX: Final = 200
FOREVER: Final = ("zone", "region", "starts_on")
"""What a practice copy never changes; another one is another operation."""
MAY_CHANGE: Final = (
    "ends_on", "posts", "task_forces", "pairs", "policy", "calendar", "patterns", "kelurahan",
)  # fmt: skip
T = TypeVar("T")


class DayPlan(Struct, frozen=True, kw_only=True):
    """What was read of a day: the operation, its whole roster, the rest as it bears on the day."""

    day: str
    operation: OperationView
    officers: list[OfficerView]
    sites: list[SiteView]
    rallies: list[RallyView]
    """Those that begin on the day."""
    deployments: list[DeploymentView]

    @property
    def window(self) -> tuple[str, str]:
        """The practice's period, half-open: the day, and the next where a rally lasts into it."""
        zone = self.operation.zone
        return midnight(self.day, zone), midnight(self.ends_on, zone, days_later=1)

    @property
    def ends_on(self) -> str:
        """The day on which its last rally ends."""
        ends = (from_ms(to_ms(each.ends_at) - 1) for each in self.rallies if each.status in HELD)
        return max([self.day, *(local_day(each, self.operation.zone) for each in ends)])


class Bulk(NamedTuple):
    """A request of many rows."""

    data: RequestData
    rows: int


class Step(NamedTuple):
    """A few requests for the practice, and what they are about."""

    what: str
    requests: list[Bulk]


def opening_of(plan: DayPlan) -> OpenOperation:
    """The exercise: everything but the period as it is; no parent, for nothing of it is rolled up."""
    known = plan.operation
    return OpenOperation(
        name=f"Latihan {plan.day}: {known.name}"[:NAME_MAX],
        mode="exercise",
        zone=known.zone,
        region=known.region,
        starts_on=plan.day,
        ends_on=plan.ends_on,
        posts=known.posts,
        task_forces=known.satgas,
        pairs=known.pairs,
        policy=known.policy,
        calendar=known.calendar,
        patterns=known.patterns,
        kelurahan=known.kelurahan,
    )


def amendment_of(opening: OpenOperation, known: OperationView) -> AmendOperation | None:
    """What has to change of a practice that is open already, None if nothing. SettingsError if it is none."""
    if known.mode != "exercise" or known.name != opening.name or _differs(opening, known, FOREVER):
        raise SettingsError(
            f"{known.operation_id} is open already and is no practice copy of that day: it is {known.mode}, "
            f"{known.name!r} from {known.starts_on}; name another operation with --as"
        )
    changed = _differs(opening, known, MAY_CHANGE)
    return AmendOperation(**{name: getattr(opening, name) for name in changed}) if changed else None


def steps_of(plan: DayPlan, *, deployments: bool, there: frozenset[str]) -> Iterator[Step]:
    """What is asked of the practice, in order; `there` are ids of deployments that it has already."""
    absences, loans = _absences(plan)
    officers = [_entry(each, plan.window) for each in plan.officers]
    sites = [_site(each, plan.window) for each in plan.sites if not each.withdrawn]
    rallies = [_rally(each) for each in plan.rallies if each.status in HELD]
    yield _step("officers", officers, lambda rows: RegisterOfficers(officers=rows, mode="best_effort"))
    yield _step("absences", absences, lambda rows: RecordAbsences(absences=rows, mode="best_effort"))
    yield _step("loans", loans, lambda rows: LendOfficers(loans=rows, mode="best_effort"))
    yield _step("sites", sites, lambda rows: RegisterSites(sites=rows, mode="best_effort"))
    yield _step("rallies", rallies, lambda rows: PlanRallies(rallies=rows, mode="best_effort"))
    if deployments:
        wanted = (each for each in live_of(plan) if each.deployment_id not in there)
        yield Step("deployments", list(_orders(wanted, f"as in {plan.operation.operation_id}")))


def _step(what: str, rows: list[T], request: Callable[[list[T]], RequestData]) -> Step:
    return Step(what, [Bulk(request(part), len(part)) for part in _parts(rows)])


def live_of(plan: DayPlan) -> list[DeploymentView]:
    """Live deployments of the day: at its rallies, and at its sites where they begin within the practice."""
    places = {f"rally/{each.rally_id}" for each in plan.rallies if each.status in HELD}
    places |= {f"site/{each.site_id}" for each in plan.sites if not each.withdrawn}
    first, last = plan.window
    return [
        each
        for each in plan.deployments
        if each.status in LIVE and each.place in places and first <= each.starts_at < last
    ]


def _orders(live: Iterable[DeploymentView], cause: str) -> Iterator[Bulk]:
    """Reserved ones together, ordered ones by their sprin; a rule that was set aside is so here as well."""
    by_sprin: dict[str | None, list[Order]] = {}
    for each in live:
        override = Override(rules=list(each.overridden), cause=cause) if each.overridden else None
        by_sprin.setdefault(None if each.status == "reserved" else each.sprin, []).append(
            Order(
                deployment_id=each.deployment_id,
                officer_id=each.officer_id,
                place=each.place,
                role=each.role,
                starts_at=each.starts_at,
                ends_at=each.ends_at,
                purpose=each.purpose,
                override=override,
            )
        )
    for sprin, orders in by_sprin.items():
        for part in _parts(orders):
            if sprin is None:
                yield Bulk(ReserveDeployments(orders=part, mode="best_effort"), len(part))
            else:
                asked = OrderDeployments(sprin=sprin or None, orders=part, mode="best_effort")
                yield Bulk(asked, len(part))


def _entry(officer: OfficerView, window: tuple[str, str]) -> OfficerEntry:
    """Without the name; what attaches him is cut to the practice, outside of which it means nothing."""
    attached = officer.attachment
    if attached is not None:
        starts_at, ends_at = _cut(attached.starts_at, attached.ends_at, window)
        attached = msgspec.structs.replace(attached, starts_at=starts_at, ends_at=ends_at)
    return OfficerEntry(
        officer_id=officer.officer_id,
        rank=officer.rank,
        unit=officer.unit,
        satgas=officer.satgas,
        home_post=officer.home_post,
        skills=officer.skills,
        attachment=attached if attached is None or _is_some(attached) else None,
    )


def _is_some(attached: Attachment) -> bool:
    return attached.starts_at < attached.ends_at


def _absences(plan: DayPlan) -> tuple[list[AbsenceEntry], list[LoanEntry]]:
    absences: list[AbsenceEntry] = []
    loans: list[LoanEntry] = []
    for officer in plan.officers:
        for each in officer.absences:
            starts_at, ends_at = _cut(each.starts_at, each.ends_at, plan.window)
            hours: dict[str, Any] = {
                "officer_id": officer.officer_id,
                "starts_at": starts_at,
                "ends_at": ends_at,
            }
            if starts_at >= ends_at:
                continue
            if each.to_operation is not None:
                loans.append(LoanEntry(loan_id=each.id, to_operation=each.to_operation, **hours))
            else:
                absences.append(
                    msgspec.convert({"absence_id": each.id, "kind": each.kind, **hours}, AbsenceEntry)
                )
    return absences, loans


def _site(site: SiteView, window: tuple[str, str]) -> SiteEntry:
    starts_at, ends_at = _cut(site.starts_at, site.ends_at, window)
    return SiteEntry(
        site_id=site.site_id,
        kind=site.kind,
        name=site.name,
        kelurahan=site.kelurahan,
        point=site.point,
        radius_m=site.radius_m,
        starts_at=starts_at,
        ends_at=ends_at,
        required=site.required,
    )


def _rally(rally: RallyView) -> PlanRally:
    return PlanRally(
        rally_id=rally.rally_id,
        kind=rally.kind,
        pairs=rally.pairs,
        venue=rally.venue,
        starts_at=rally.starts_at,
        ends_at=rally.ends_at,
        required=rally.required,
        expected_attendance=rally.expected_attendance,
        receipt=rally.receipt,
        stage="planned" if rally.status == "planned" else "notified",
        series_id=rally.series_id,
    )


def _differs(opening: OpenOperation, known: OperationView, names: Sequence[str]) -> list[str]:
    def of_known(name: str) -> Any:
        return known.satgas if name == "task_forces" else getattr(known, name)

    return [name for name in names if getattr(opening, name) != of_known(name)]


def _cut(starts_at: str, ends_at: str, window: tuple[str, str]) -> tuple[str, str]:
    return max(starts_at, window[0]), min(ends_at, window[1])


def _parts(rows: Sequence[T]) -> Iterator[list[T]]:
    for first in range(0, len(rows), ROWS_MAX):
        yield list(rows[first : first + ROWS_MAX])
