"""Incidents by state and severity. Pure."""

from __future__ import annotations

from collections import Counter
from typing import Final

from pamwal.contracts.reporting import IncidentRow, Incidents
from services.reporting.picture import OperationPicture
from services.reporting.picture.operation import IncidentHeard

CLOSED: Final = frozenset({"closed", "unfounded"})
_SEVEREST: Final = ("extreme", "severe", "moderate", "minor")


def incidents_of(picture: OperationPicture, *, rows: bool = True) -> Incidents:
    """Every incident of which a report stands; open ones first, the severest first, then the newest."""
    found = [
        row
        for incident_id, incident in picture.incidents.items()
        if (row := _row(picture, incident_id, incident)) is not None
    ]
    found.sort(key=lambda row: (row.occurred_at, row.incident_id), reverse=True)
    found.sort(key=lambda row: (row.state in CLOSED, _SEVEREST.index(row.severity)))
    opened = [row for row in found if row.state not in CLOSED]
    return Incidents(
        open=len(opened),
        by_state=dict(sorted(Counter(row.state for row in found).items())),
        by_severity=dict(sorted(Counter(row.severity for row in opened).items())),
        rows=found if rows else [],
    )


def _row(picture: OperationPicture, incident_id: str, incident: IncidentHeard) -> IncidentRow | None:
    """The incident by the earliest report that nobody took back, in the state of its highest version."""
    standing = [fact for (post, _), fact in incident.reports.items() if not picture.voided(post, fact.id)]
    if not standing:
        return None
    first = min(standing, key=lambda fact: (fact.occurred_at, fact.id))
    history = incident.history()
    taken = {fact.of or fact.id for fact in history}
    return IncidentRow(
        incident_id=incident_id,
        kind=first.kind,
        severity=first.severity,
        state=history[0].state if history else "reported",
        kelurahan=first.kelurahan,
        place=first.place,
        pairs=first.pairs,
        occurred_at=first.occurred_at,
        reports=len(standing),
        held=len(incident.steps - taken),
        assignee=next((fact.assignee for fact in history if fact.assignee is not None), None),
    )
