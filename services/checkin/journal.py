"""What readers ask for: incidents with their history, and where the log keeps an officer's reports.

A fold of the field's decisions, like everything else. Reports of presence are many and seldom asked for, so
only their time and offset are kept; the log has the rest.
"""

from __future__ import annotations

from array import array

from msgspec import Struct
from msgspec.structs import replace

from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Decision
from pamwal.contracts.field import (
    CheckedIn,
    CheckedOut,
    IncidentAdvanced,
    IncidentReported,
    IncidentState,
    IncidentStepHeld,
    IncidentWitnessed,
    PollAcked,
    RollCalled,
    Severity,
    Voided,
)
from pamwal.contracts.instants import to_ms
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.places import Point


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


class IncidentSummary(Struct, frozen=True, kw_only=True):
    """An incident in a list."""

    incident_id: str
    state: IncidentState
    version: int
    kind: str
    severity: Severity
    kelurahan: str
    occurred_at: str


class IncidentHistory(Struct, frozen=True, kw_only=True):
    """An incident with everything that was said of it."""

    incident_id: str
    state: IncidentState
    version: int
    report: Report
    history: list[Line]
    """From the report on, each legal after the one before."""
    waiting: list[Line]
    """Steps that are kept and not taken: a predecessor is missing, or somebody had said the same."""
    witnesses: list[Report]


class _Incident(Struct):
    """`lines` by version, each with the version it follows; `steps` by the id of the fact that told of it."""

    reports: list[Report]
    lines: dict[int, tuple[int, Line]]
    steps: dict[str, Line]


class _Presence(Struct):
    """Times and offsets of an officer's reports, in order of arrival."""

    at_ms: array[int]
    offsets: array[int]


class _Operation(Struct):
    incidents: dict[str, _Incident]
    presence: dict[str, _Presence]
    voids: dict[str, list[Voided]]


class Journal:
    """What this service's readers may ask. Folding a decision of another context is harmless."""

    def __init__(self) -> None:
        self._operations: dict[str, _Operation] = {}

    def fold(self, decision: Decision[Fact], offset: int) -> None:
        """Takes an accepted decision in; `offset` is where the decisions topic keeps it."""
        if decision.data.outcome != "accepted" or not decision.data.facts:
            return
        known = self._operations.get(decision.operationid)
        if known is None:
            known = self._operations[decision.operationid] = _Operation({}, {}, {})
        ref = decision.data.request
        post = (ref.postid if ref is not None else None) or ""
        for fact in decision.data.facts:
            match fact:
                case CheckedIn() | CheckedOut() | PollAcked():
                    _note(known.presence, fact.officer_id, fact.occurred_at, offset)
                case RollCalled():
                    for officer_id in [*fact.present, *(each.officer_id for each in fact.not_present)]:
                        _note(known.presence, officer_id, fact.occurred_at, offset)
                case Voided():
                    known.voids.setdefault(fact.observation, []).append(fact)
                case IncidentReported() | IncidentWitnessed() | IncidentAdvanced() | IncidentStepHeld():
                    _tell(known.incidents, fact, post)
                case _:
                    pass

    def incidents(self, operation_id: str) -> list[IncidentSummary]:
        """The incidents of an operation that are reported, and not taken back, latest first."""
        known = self._operations.get(operation_id)
        if known is None:
            return []
        found = [
            _summary(name, one, standing)
            for name, one in known.incidents.items()
            if (standing := _standing(known, one))
        ]
        return sorted(found, key=lambda one: (one.occurred_at, one.incident_id), reverse=True)

    def incident(self, operation_id: str, incident_id: str) -> IncidentHistory | None:
        """One reported incident, or None."""
        known = self._operations.get(operation_id)
        one = known.incidents.get(incident_id) if known is not None else None
        standing = _standing(known, one) if known is not None and one is not None else []
        return _history(incident_id, one, standing) if one is not None and standing else None

    def reports_of(self, operation_id: str, officer_id: str, first_ms: int, end_ms: int) -> list[int]:
        """Offsets of the decisions on that officer's presence in the half-open interval, in order of time."""
        known = self._operations.get(operation_id)
        seen = known.presence.get(officer_id) if known is not None else None
        if seen is None:
            return []
        found = [
            (at_ms, offset)
            for at_ms, offset in zip(seen.at_ms, seen.offsets, strict=True)
            if first_ms <= at_ms < end_ms
        ]
        return [offset for _, offset in sorted(found)]

    def void_of(self, operation_id: str, post: str, fact_id: str) -> Voided | None:
        """The tombstone of a post's observation, or None if it stands."""
        known = self._operations.get(operation_id)
        return _void_of(known, post, fact_id) if known is not None else None


def _void_of(known: _Operation, post: str, fact_id: str) -> Voided | None:
    return next((void for void in known.voids.get(fact_id, []) if void.postid in {None, post}), None)


def _standing(known: _Operation, one: _Incident) -> list[Report]:
    """The reports of an incident that nobody took back, earliest first; none if it is not known yet."""
    if not one.lines:
        return []
    standing = [each for each in one.reports if _void_of(known, each.postid, each.fact_id) is None]
    return sorted(standing, key=lambda each: (each.occurred_at, each.fact_id))


def _note(presence: dict[str, _Presence], officer_id: str, occurred_at: str, offset: int) -> None:
    seen = presence.get(officer_id)
    if seen is None:
        seen = presence[officer_id] = _Presence(array("q"), array("q"))
    if not seen.offsets or seen.offsets[-1] != offset:  # a squad's list names him twice in one decision
        seen.at_ms.append(to_ms(occurred_at))
        seen.offsets.append(offset)


def _tell(
    incidents: dict[str, _Incident],
    fact: IncidentReported | IncidentWitnessed | IncidentAdvanced | IncidentStepHeld,
    post: str,
) -> None:
    one = incidents.get(fact.incident_id)
    if one is None:
        one = incidents[fact.incident_id] = _Incident([], {}, {})
    if isinstance(fact, IncidentReported | IncidentWitnessed):
        one.reports.append(_report(fact, post))
        if isinstance(fact, IncidentReported):
            one.lines[fact.version] = (0, _line(fact, "reported", post, fact.id))
        return
    if isinstance(fact, IncidentStepHeld):
        one.steps[fact.id] = _line(fact, fact.step, post, fact.id)
        return
    told = one.steps.get(fact.of) if fact.of is not None else None
    line = _line(fact, fact.state, told.postid if told is not None else post, fact.of or fact.id)
    one.steps.setdefault(line.fact_id, line)
    one.lines[fact.version] = (fact.version - 1 if fact.after is None else fact.after, line)


def _line(
    fact: IncidentReported | IncidentAdvanced | IncidentStepHeld,
    state: IncidentState,
    post: str,
    fact_id: str,
) -> Line:
    return Line(
        fact_id=fact_id,
        state=state,
        occurred_at=fact.occurred_at,
        recorded_at=fact.recorded_at,
        author=fact.author,
        postid=post,
        version=None if isinstance(fact, IncidentStepHeld) else fact.version,
        assignee=None if isinstance(fact, IncidentReported) else fact.assignee,
    )


def _report(fact: IncidentReported | IncidentWitnessed, post: str) -> Report:
    return Report(
        fact_id=fact.id,
        kind=fact.kind,
        severity=fact.severity,
        kelurahan=fact.kelurahan,
        occurred_at=fact.occurred_at,
        recorded_at=fact.recorded_at,
        author=fact.author,
        postid=post,
        place=fact.place,
        position=fact.position,
        pairs=fact.pairs,
        text_ref=fact.text_ref,
    )


def _summary(incident_id: str, one: _Incident, standing: list[Report]) -> IncidentSummary:
    version, first = max(one.lines), standing[0]
    return IncidentSummary(
        incident_id=incident_id,
        state=one.lines[version][1].state,
        version=version,
        kind=first.kind,
        severity=first.severity,
        kelurahan=first.kelurahan,
        occurred_at=first.occurred_at,
    )


def _history(incident_id: str, one: _Incident, standing: list[Report]) -> IncidentHistory:
    """Read backwards from the highest version, as the contract says."""
    highest = version = max(one.lines)
    history: list[Line] = []
    while version:
        version, line = one.lines[version]
        history.append(line)
    taken = {line.fact_id for line in history}
    waiting = [replace(line, version=None) for name, line in one.steps.items() if name not in taken]
    return IncidentHistory(
        incident_id=incident_id,
        state=one.lines[highest][1].state,
        version=highest,
        report=standing[0],
        history=history[::-1],
        waiting=sorted(waiting, key=lambda line: (line.occurred_at, line.fact_id)),
        witnesses=standing[1:],
    )
