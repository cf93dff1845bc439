"""Incidents by state and severity, who came to harm, and how long it took. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from statistics import median_low
from typing import Final, get_args

from msgspec.structs import replace

from pamwal.contracts.field import Casualties, IncidentState, Severity
from pamwal.contracts.field.clocks import happened_at, happened_ms, said_at
from pamwal.contracts.field.incident_account import IncidentAccount, Stand, duplicates
from pamwal.contracts.incidents_shown import IncidentRow, Incidents, Timing
from pamwal.contracts.reporting import Sight
from services.reporting.picture import OperationPicture
from services.reporting.views.unnamed import on_intel_since

CLOSED: Final = frozenset({"closed", "unfounded"})
SEVEREST_FIRST: Final[tuple[Severity, ...]] = get_args(Severity)[::-1]
_JUDGED: Final = frozenset({"verified", "unfounded", "reopened"})


def incidents_of(picture: OperationPicture, sight: Sight, at: str | None = None) -> Incidents:
    """Every incident of which a report stands and that is no duplicate.

    Open ones first, the severest first, then the newest. Who may not see where `intel` is deployed is not
    told either that such an officer was assigned to one. `at`: as of that Instant, by what is known now.
    """
    told = picture.incidents
    if not told:
        return _NONE
    if at is not None:
        told = {name: account.until(at) for name, account in told.items()}
    stands = _stands(picture, told)
    counts_as = _counts_as(told, stands)
    duplicates_of: dict[str, list[str]] = {}
    for one in sorted(counts_as):
        duplicates_of.setdefault(counts_as[one], []).append(one)
    found = [
        _row(incident_id, told[incident_id], stands, duplicates_of.get(incident_id, []))
        for incident_id in stands
        if incident_id not in counts_as
    ]
    found.sort(key=lambda row: (row.occurred_at, row.incident_id), reverse=True)
    found.sort(key=lambda row: (row.state in CLOSED, SEVEREST_FIRST.index(row.severity)))
    opened = [row for row in found if row.state not in CLOSED]
    harmed = (row.casualties for row in found if not _unfounded(stands[row.incident_id]))
    return Incidents(
        open=len(opened),
        by_state=dict(sorted(Counter(row.state for row in found).items())),
        by_severity=dict(sorted(Counter(row.severity for row in opened).items())),
        rows=_seen(picture, found, sight),
        duplicates=len(counts_as),
        escalated=sum(row.escalated_to is not None for row in opened),
        casualties=_sum(harmed),
        to_verify=_timing(row.to_verify_s for row in found),
        to_contain=_timing(row.to_contain_s for row in found),
    )


_NONE: Final = Incidents(open=0, by_state={}, by_severity={}, rows=[])


def _seen(picture: OperationPicture, rows: list[IncidentRow], sight: Sight) -> list[IncidentRow]:
    if sight == "counts":
        return []
    if sight == "full":
        return rows
    return [_guarded(picture, row) if row.assignees else row for row in rows]


def _guarded(picture: OperationPicture, row: IncidentRow) -> IncidentRow:
    seen = [each for each in row.assignees if not _intel(picture, each.removeprefix("officer/"))]
    return replace(row, assignees=seen, assignee=seen[0] if seen else None)


def _intel(picture: OperationPicture, officer_id: str) -> bool:
    plan = picture.plan
    known = (*plan.of_officer.get(officer_id, ()), *plan.reserved_of.get(officer_id, ()))
    return any(each.role == "intel" for each in known) or officer_id in on_intel_since(picture)


def _stands(picture: OperationPicture, told: Mapping[str, IncidentAccount]) -> dict[str, Stand]:
    voids = picture.voids_told
    found = ((each, account.stand(picture.voided, voids)) for each, account in told.items())
    return {incident_id: stand for incident_id, stand in found if stand is not None}


def _counts_as(told: Mapping[str, IncidentAccount], stands: dict[str, Stand]) -> dict[str, str]:
    """Duplicate → the incident that counts in its place."""
    edges = ((each, account.edge()) for each, account in told.items())
    return duplicates({each: edge for each, edge in edges if edge is not None}, stands.__contains__)


def _row(
    incident_id: str, account: IncidentAccount, stands: dict[str, Stand], same: list[str]
) -> IncidentRow:
    """What holds of the incident, in the state of its highest version."""
    stand = stands[incident_id]
    taken = {told.fact.of or told.fact.id for told in stand.history}
    return IncidentRow(
        incident_id=incident_id,
        kind=stand.kind,
        severity=stand.severity,
        state=stand.state,
        kelurahan=stand.location.kelurahan,
        place=stand.location.place,
        pairs=stand.pairs,
        occurred_at=happened_at(stand.reports[0].fact),
        said_at=said_at(stand.reports[0].fact),
        reports=sum(len(stands[each].reports) for each in (incident_id, *same)),
        held=len(account.steps.keys() - taken),
        assignee=stand.assignees[0] if stand.assignees else None,
        assignees=stand.assignees,
        escalated_to=stand.escalated_to,
        casualties=stand.casualties or Casualties(),
        attachments=len(stand.attached),
        duplicates=same,
        to_verify_s=_took_s(stand, "verified"),
        to_contain_s=_took_s(stand, "contained"),
    )


def _took_s(stand: Stand, state: IncidentState) -> int | None:
    """Seconds from when it happened, by the earliest report, to the first such step; none is negative."""
    first = next((told for told in reversed(stand.history) if told.fact.state == state), None)
    if first is None:
        return None
    return max(0, happened_ms(first.fact)[0] - happened_ms(stand.reports[0].fact)[0]) // 1000


def _unfounded(stand: Stand) -> bool:
    """True if the last judgement was so, also where it was closed since."""
    return next((t.fact.state for t in stand.history if t.fact.state in _JUDGED), None) == "unfounded"


def _timing(took: Iterable[int | None]) -> Timing:
    measured = [each for each in took if each is not None]
    if not measured:
        return Timing()
    return Timing(measured=len(measured), median_s=median_low(measured), longest_s=max(measured))


def _sum(harmed: Iterable[Casualties]) -> Casualties:
    every = list(harmed)
    return Casualties(
        dead=sum(each.dead for each in every),
        injured=sum(each.injured for each in every),
        missing=sum(each.missing for each in every),
    )
