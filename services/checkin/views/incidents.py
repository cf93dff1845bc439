"""Incidents as their readers see them: in a list, and one with all that was said of it."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from pamwal.contracts.field import (
    Casualties,
    IncidentAdvanced,
    IncidentAttached,
    IncidentDetail,
    IncidentMerged,
    IncidentReported,
    IncidentState,
    IncidentStepHeld,
    IncidentUnmerged,
    IncidentWitnessed,
    Location,
    Severity,
)
from pamwal.contracts.field.incident_account import IncidentAccount, Stand, Told, Voided
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.places import Point

CLOSED: Final = frozenset({"closed", "unfounded"})


class Line(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of an incident's history, as somebody said it."""

    fact_id: str
    state: IncidentState
    occurred_at: str
    recorded_at: str
    author: str
    postid: str
    version: int | None = None
    """None for a step that waits, or that another one took the place of."""
    assignee: str | None = None


class Report(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a report of an incident said; the earliest counts, further ones are witnesses."""

    fact_id: str
    kind: str
    severity: Severity
    kelurahan: str
    occurred_at: str
    recorded_at: str
    author: str
    postid: str
    place: str | None = None
    position: Point | None = None
    pairs: list[str] = []
    text_ref: PersonalRef | None = None
    casualties: Casualties | None = None


class Said(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was said, in its own words; `fact` says who and when.

    `holds` is False for what was taken back, and for a step that is not taken.
    """

    fact: IncidentReported | IncidentWitnessed | IncidentAdvanced | IncidentStepHeld | IncidentDetail
    postid: str
    channel: str
    holds: bool


class IncidentSummary(Struct, frozen=True, kw_only=True):
    """An incident in a list, as last amended."""

    incident_id: str
    state: IncidentState
    version: int
    kind: str
    severity: Severity
    kelurahan: str
    occurred_at: str
    place: str | None = None
    pairs: list[str] = []
    casualties: Casualties | None = None
    assignees: list[str] = []
    escalated_to: str | None = None
    attachments: int = 0
    duplicate_of: str | None = None
    """The incident that counts in its place."""

    @property
    def open(self) -> bool:
        """Neither closed nor unfounded."""
        return self.state not in CLOSED


class OwnHistory(Struct, frozen=True, kw_only=True):
    """Everything that was said of one incident, and what holds of it."""

    incident_id: str
    state: IncidentState
    version: int
    """What `expected_version` has to name."""
    report: Report
    history: list[Line]
    """From the report on, each legal after the one before."""
    waiting: list[Line]
    """Steps that are kept and not taken: a predecessor is missing, or somebody had said the same."""
    witnesses: list[Report]
    kind: str
    severity: Severity
    location: Location
    pairs: list[str]
    casualties: Casualties | None
    assignees: list[str]
    escalated_to: str | None
    attached: list[IncidentAttached]
    timeline: list[Said]
    """All of it by when it was said."""


class IncidentHistory(OwnHistory, frozen=True, kw_only=True):
    """An incident with everything that was said of it, and its duplicates with their own histories."""

    duplicate_of: str | None = None
    duplicates: list[OwnHistory] = []


def summary_of(
    incident_id: str, account: IncidentAccount, stand: Stand, duplicate_of: str | None
) -> IncidentSummary:
    """One line of a list."""
    return IncidentSummary(
        incident_id=incident_id,
        state=stand.state,
        version=account.version,
        kind=stand.kind,
        severity=stand.severity,
        kelurahan=stand.location.kelurahan,
        occurred_at=stand.reports[0].fact.occurred_at,
        place=stand.location.place,
        pairs=stand.pairs,
        casualties=stand.casualties,
        assignees=stand.assignees,
        escalated_to=stand.escalated_to,
        attachments=len(stand.attached),
        duplicate_of=duplicate_of,
    )


def own_history(incident_id: str, account: IncidentAccount, stand: Stand, voided: Voided) -> dict[str, Any]:
    """The fields of an `OwnHistory`."""
    first = next(told for told in account.reports.values() if isinstance(told.fact, IncidentReported))
    taken = {told.fact.of or told.fact.id for told in stand.history}
    history = [_line(told, told.fact.state, told.fact.version) for told in reversed(stand.history)]
    waiting = [told for name, told in account.steps.items() if name not in taken]
    waiting.sort(key=lambda told: (told.fact.occurred_at, told.fact.id))
    return {
        "incident_id": incident_id,
        "state": stand.state,
        "version": account.version,
        "report": _report(stand.reports[0]),
        "history": [_line(first, "reported", first.fact.version), *history],
        "waiting": [_line(told, _step(told), None) for told in waiting],
        "witnesses": [_report(told) for told in stand.reports[1:]],
        "kind": stand.kind,
        "severity": stand.severity,
        "location": stand.location,
        "pairs": stand.pairs,
        "casualties": stand.casualties,
        "assignees": stand.assignees,
        "escalated_to": stand.escalated_to,
        "attached": [told.fact for told in stand.attached],
        "timeline": _timeline(account, taken, voided),
    }


def is_theirs(account: IncidentAccount, stand: Stand, actor: str, officer: str | None) -> bool:
    """An officer's incidents are those he spoke of, or was assigned to."""
    told = (*account.reports.values(), *account.steps.values(), *account.details.values())
    if any(each.fact.author == actor for each in told):
        return True
    own = {officer, f"officer/{officer}"} if officer else set()
    assigned = {*stand.assignees, *(each.fact.assignee for each in stand.history)}
    return not own.isdisjoint(assigned)


def _timeline(account: IncidentAccount, taken: set[str], voided: Voided) -> list[Said]:
    def holds(each: Told[Any]) -> bool:
        if isinstance(each.fact, IncidentAdvanced | IncidentStepHeld):
            return each.fact.id in taken
        merges = isinstance(each.fact, IncidentMerged | IncidentUnmerged)
        return merges or not voided(each.post, each.fact.id)

    told = (*account.reports.values(), *account.steps.values(), *account.details.values())
    return [
        Said(fact=each.fact, postid=each.post, channel=each.channel, holds=holds(each))
        for each in sorted(told, key=lambda each: each.said)
    ]


def _step(told: Told[Any]) -> IncidentState:
    state: IncidentState = told.fact.step if isinstance(told.fact, IncidentStepHeld) else told.fact.state
    return state


def _line(told: Told[Any], state: IncidentState, version: int | None) -> Line:
    fact = told.fact
    return Line(
        fact_id=getattr(fact, "of", None) or fact.id,
        state=state,
        occurred_at=fact.occurred_at,
        recorded_at=fact.recorded_at,
        author=fact.author,
        postid=told.post,
        version=version,
        assignee=getattr(fact, "assignee", None),
    )


def _report(told: Told[Any]) -> Report:
    fact = told.fact
    return Report(
        fact_id=fact.id,
        kind=fact.kind,
        severity=fact.severity,
        kelurahan=fact.kelurahan,
        occurred_at=fact.occurred_at,
        recorded_at=fact.recorded_at,
        author=fact.author,
        postid=told.post,
        place=fact.place,
        position=fact.position,
        pairs=fact.pairs,
        text_ref=fact.text_ref,
        casualties=fact.casualties,
    )
