"""What is said of an incident beside its steps: kept; refused only to who names a version.

What holds follows from all that was said, by when it was said, and is for readers to find
(`pamwal.contracts.field.incident_account`). Deciding needs only how much was said, and which incidents are
said to be the same.
"""

from __future__ import annotations

from bisect import insort
from typing import Any

from msgspec.structs import replace

from pamwal.contracts.envelope import Reason, Request, Verdict, refuse
from pamwal.contracts.field import (
    AmendIncident,
    AttachToIncident,
    EscalateIncident,
    IncidentAmended,
    IncidentAttached,
    IncidentDetail,
    IncidentEscalated,
    IncidentMerged,
    IncidentUnmerged,
    Location,
    MergeIncident,
    UnmergeIncident,
)
from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.field.incident_account import Edge, Told, closes_circle
from services.checkin.deciding.attendance import rounded
from services.checkin.deciding.early import not_known_yet
from services.checkin.deciding.incident_life import Assigned, Incident
from services.checkin.deciding.state import CheckinState

AnyDetail = AmendIncident | EscalateIncident | MergeIncident | UnmergeIncident | AttachToIncident
_AMENDED = ("kind", "severity", "location", "casualties", "pairs", "assignees")


def say_detail(state: CheckinState, request: Request[AnyDetail], fact_id: str) -> Verdict[Any]:
    """What was said, as its fact; advice where it counts not yet, or not at all."""
    data = request.data
    if isinstance(data, AmendIncident) and _says_nothing(data):
        what = f"say one of {', '.join(_AMENDED)}, or a text"
        return refuse("malformed", f"nothing is amended; {what}", possible=what)
    if isinstance(data, MergeIncident) and data.duplicate_of == data.incident_id:
        return refuse(
            "malformed",
            "an incident is no duplicate of itself",
            subject=data.incident_id,
            possible="name the other incident in duplicate_of",
        )
    incident = state.incidents.get(data.incident_id)
    fact = _fact_of(request, fact_id, incident)
    if data.expected_version is not None:
        reason = _refusal(state, incident, data, fact, request.postid)
        if reason is not None:
            return Verdict(reason=reason)
    return Verdict(facts=[fact], warnings=_advice(state, incident, fact, request.postid))


def keep_detail(state: CheckinState, fact: IncidentDetail, post: str) -> None:
    """Keeps that something was said. What can be taken back is known by who said it."""
    incident = state.incidents.get(fact.incident_id)
    if incident is None:
        incident = state.incidents[fact.incident_id] = Incident(steps=[], history=[])
    incident.version = max(incident.version, fact.version or 0)
    at_ms, _ = happened_ms(fact)
    incident.said_ms = max(incident.said_ms, at_ms)
    if isinstance(fact, IncidentAmended) and fact.assignees is not None:
        insort(incident.assigned, Assigned(at_ms, fact.id, post, tuple(fact.assignees)))
    if not isinstance(fact, IncidentMerged | IncidentUnmerged):
        state.said(fact.id, post)
        return
    state.steps.add(fact.id)
    _merge(state.merges, fact, post)


def _merge(merges: dict[str, Edge], fact: IncidentMerged | IncidentUnmerged, post: str) -> None:
    said = Told(fact, post, "").said
    known = merges.get(fact.incident_id)
    if known is None or said > known.said:
        merges[fact.incident_id] = Edge(said, _into(fact))


def _into(fact: IncidentDetail) -> str:
    """The other incident; empty for one that is its own: no incident is called so."""
    return fact.duplicate_of if isinstance(fact, IncidentMerged) else ""


def _says_nothing(data: AmendIncident) -> bool:
    if data.text is not None or data.text_ref is not None:
        return False
    return all(getattr(data, name) is None for name in _AMENDED)


def _fact_of(request: Request[AnyDetail], fact_id: str, incident: Incident | None) -> IncidentDetail:
    data = request.data
    common: dict[str, Any] = {
        "id": fact_id,
        "occurred_at": request.time,
        "recorded_at": request.recordedat,
        "sent_at": request.sentat,
        "incident_id": data.incident_id,
        "author": request.actor,
        "version": incident.version + 1 if incident is not None and incident.history else None,
        "text_ref": data.text_ref,
    }
    match data:
        case AmendIncident():
            said = {name: getattr(data, name) for name in _AMENDED}
            return IncidentAmended(**common, **{**said, "location": _rounded(data.location)})
        case EscalateIncident():
            return IncidentEscalated(**common, to=data.to)
        case MergeIncident():
            return IncidentMerged(**common, duplicate_of=data.duplicate_of)
        case UnmergeIncident():
            return IncidentUnmerged(**common)
        case AttachToIncident():
            return IncidentAttached(**common, attachment=data.attachment)


def _refusal(
    state: CheckinState, incident: Incident | None, data: AnyDetail, fact: IncidentDetail, post: str
) -> Reason | None:
    name = data.incident_id
    if incident is None or not incident.history:
        return _illegal(name, f"incident {name} was not reported yet")
    if data.expected_version != incident.version:
        message = f"incident {name} is at version {incident.version}, {incident.state}"
        possible = f"look again, then name version {incident.version}, or none"
        return Reason(code="stale", message=message, subject=name, possible=possible)
    if happened_ms(fact)[0] <= incident.said_ms:
        return _illegal(name, "it is said to have happened before what it would follow")
    if isinstance(fact, IncidentMerged):
        if not _is_reported(state, fact.duplicate_of):
            return _illegal(name, f"incident {fact.duplicate_of} was not reported yet")
        if _circular(state, fact, post):
            return _illegal(name, f"{fact.duplicate_of} is itself said to be a duplicate of {name}")
    return None


def _advice(state: CheckinState, incident: Incident | None, fact: IncidentDetail, post: str) -> list[Reason]:
    if state.is_void(fact.id, post) and not isinstance(fact, IncidentMerged | IncidentUnmerged):
        return [Reason(code="voided", message="this was taken back before it came")]
    name = fact.incident_id
    missing = name if incident is None or not incident.history else None
    if isinstance(fact, IncidentMerged) and missing is None and not _is_reported(state, fact.duplicate_of):
        missing = fact.duplicate_of
    if missing is not None:
        return [not_known_yet(f"incident {missing} was not reported yet", missing)]
    if isinstance(fact, IncidentMerged) and _circular(state, fact, post):
        other = fact.duplicate_of
        sentence = f"{other} is itself said to be a duplicate of {name}; the later word does not count"
        return [Reason(code="circular", message=sentence, subject=fact.duplicate_of)]
    return []


def _rounded(location: Location | None) -> Location | None:
    return None if location is None else replace(location, position=rounded(location.position))


def _illegal(incident_id: str, message: str) -> Reason:
    possible = "look again, or say it without a version: then it is kept, and counts as soon as it can"
    return Reason(code="illegal_transition", message=message, subject=incident_id, possible=possible)


def _is_reported(state: CheckinState, incident_id: str) -> bool:
    other = state.incidents.get(incident_id)
    return other is not None and bool(other.history)


def _circular(state: CheckinState, fact: IncidentMerged, post: str) -> bool:
    """Whether this is the latest word on its incident, and leads back to it."""
    known = state.merges.get(fact.incident_id)
    if known is not None and known.said > Told(fact, post, "").said:
        return False
    return closes_circle(state.merges, fact.incident_id, fact.duplicate_of)
