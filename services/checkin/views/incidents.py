"""From what was told of an incident to what its readers see."""

from __future__ import annotations

from typing import Any

from pamwal.contracts.field import (
    IncidentAdvanced,
    IncidentMerged,
    IncidentReported,
    IncidentState,
    IncidentStepHeld,
    IncidentUnmerged,
)
from pamwal.contracts.field.clocks import happened_at, said_at
from pamwal.contracts.field.incident_account import IncidentAccount, Stand, Told, Voided
from pamwal.contracts.field.terms import FieldFactBase
from pamwal.contracts.incident_reads import IncidentSummary, Line, Report, Said
from pamwal.contracts.persons import officer_key


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
        occurred_at=happened_at(stand.reports[0].fact),
        said_at=said_at(stand.reports[0].fact),
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
    waiting.sort(key=lambda told: told.said)
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
    own = {officer_key(each) for each in (officer, f"officer/{officer}")} if officer else set()
    assigned = {*stand.assignees, *(each.fact.assignee for each in stand.history)}
    return not own.isdisjoint(officer_key(each) for each in assigned if each)


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
        happened_at=_corrected(fact),
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
        happened_at=_corrected(fact),
    )


def _corrected(fact: FieldFactBase) -> str | None:
    """When it happened, where the clock that said so was off."""
    return happened_at(fact) if said_at(fact) is not None else None
