"""GET: the incidents of an operation, one with all that was said of it, and the kinds there are.

An officer reads the incidents he spoke of or was assigned to; a post and the head of operations read all.
Who is on `intel` is named to the latter alone, be it as an assignee or as who spoke.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import islice
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Response
from msgspec import Struct

from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.field import IncidentState, Severity
from pamwal.contracts.incident_reads import IncidentHistory, Incidents, IncidentSummary, Kind, Kinds
from pamwal.contracts.persons import officer_key
from pamwal.contracts.routes import FIELD
from pamwal.contracts.zones import Zone, midnight
from pamwal.edge.access import FOR_ANY_TOKEN, for_roles
from pamwal.edge.app import Caller, Reader
from pamwal.edge.moments import OptionalDay, ZoneAsked
from pamwal.edge.shapes import answers, json_of
from services.checkin.journal import Whose
from services.checkin.plans import Plans
from services.checkin.reads import ROOT, FieldReads

PAGE_MAX: Final = 500
Code = Annotated[str, Query(max_length=64)]
States = Annotated[list[IncidentState], Query(description="any of these; repeat it for several")]
Severities = Annotated[list[Severity], Query(description="any of these; repeat it for several")]
Open = Annotated[bool | None, Query(description="true: neither closed nor unfounded; false: the others")]
Duplicates = Annotated[bool, Query(description="false: leave out what counts as another one")]
After = Annotated[str | None, Query(max_length=200, description="`next_after` of the page before")]
Assigned = Annotated[
    Literal["me"] | None, Query(description="me: to the officer, or the post, that this token names")
]


class Wanted(Struct, frozen=True):
    """Which incidents of a list are asked for; what is left out keeps none back."""

    states: frozenset[str]
    severities: frozenset[str]
    kind: str | None
    area: str | None
    """Code of a kelurahan, or of a kecamatan: then all its kelurahan."""
    opened: bool | None
    duplicates: bool
    hands: frozenset[str] | None
    """Assignees of whom one must be there; None: anybody or nobody."""
    first: str = ""
    """It happened at this Instant or later."""
    end: str = "9"
    """It happened before this Instant."""

    def __call__(self, one: IncidentSummary) -> bool:
        """Whether the incident is one of them."""
        return (
            (not self.states or one.state in self.states)
            and (not self.severities or one.severity in self.severities)
            and self.kind in {None, one.kind}
            and (self.area is None or f"{one.kelurahan}.".startswith(f"{self.area}."))
            and self.opened in {None, one.open}
            and (self.duplicates or one.duplicate_of is None)
            and (self.hands is None or not self.hands.isdisjoint(map(officer_key, one.assignees)))
            and self.first <= one.occurred_at < self.end
        )


def incident_router(reads: FieldReads, plans: Plans, kinds: dict[str, str]) -> APIRouter:
    """The GET routes on incidents."""
    router = APIRouter(tags=["incidents"])

    @router.get(
        "/checkin/v1/incident-kinds",
        summary="The kinds an incident can be of",
        responses=answers(Kinds),
        openapi_extra=FOR_ANY_TOKEN,
    )
    async def incident_kinds(_caller: Reader) -> Response:
        return json_of(Kinds([Kind(code, name) for code, name in kinds.items()]))

    @router.get(
        f"{ROOT}/incidents",
        summary="Incidents, latest first",
        responses=answers(Incidents),
        openapi_extra=for_roles(*FIELD),
    )
    async def incidents(
        operation_id: str,
        caller: Reader,
        *,
        state: States = [],  # noqa: B006 - FastAPI makes a new one for each request
        severity: Severities = [],  # noqa: B006
        kind: str | None = Query(None, description="of this kind", json_schema_extra={"enum": [*kinds]}),
        kelurahan: Code | None = None,
        open: Open = None,  # noqa: A002 - the parameter's name
        duplicates: Duplicates = True,
        assigned: Assigned = None,
        day: OptionalDay = None,
        zone: ZoneAsked = None,
        after: After = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
    ) -> Response:
        wanted = Wanted(
            states=frozenset(state),
            severities=frozenset(severity),
            kind=kind,
            area=kelurahan,
            opened=open,
            duplicates=duplicates,
            hands=_hands(caller) if assigned else None,
            **({} if day is None else _within(day, zone or plans.zone_of(operation_id))),
        )
        found = reads.by(caller).journal.incidents(operation_id, whose(caller))
        page = page_of(filter(wanted, found), after, limit, plans.zone_of(operation_id))
        return json_of(plans.unnamed(caller, operation_id).answer(page))

    @router.get(
        f"{ROOT}/incidents/{{incident_id}}",
        summary="An incident and all that was said of it, and of its duplicates",
        responses=answers(IncidentHistory),
        openapi_extra=for_roles(*FIELD),
    )
    async def incident(operation_id: str, incident_id: str, caller: Reader) -> Response:
        found = reads.by(caller).journal.incident(
            operation_id, incident_id, plans.zone_of(operation_id), whose(caller)
        )
        if found is None:
            raise HttpProblem(404, "unknown_incident", f"no incident {incident_id[:64]!r} is known to you")
        return json_of(plans.unnamed(caller, operation_id).answer(found))

    return router


def page_of(found: Iterable[IncidentSummary], after: str | None, limit: int, zone: Zone) -> Incidents:
    """So many of the incidents, which come latest first, from behind the last of another page on."""
    moment, _, name = (after or "").partition("/")
    behind = (one for one in found if after is None or (one.occurred_at, one.incident_id) < (moment, name))
    page = list(islice(behind, limit + 1))
    if len(page) <= limit:
        return Incidents(incidents=page, zone=zone)
    last = page[limit - 1]
    return Incidents(incidents=page[:limit], next_after=f"{last.occurred_at}/{last.incident_id}", zone=zone)


def _within(day: date, zone: Zone) -> dict[str, str]:
    first, end = (midnight(day.isoformat(), zone, days_later=n) for n in (0, 1))
    return {"first": first, "end": end}


def whose(caller: Caller) -> Whose | None:
    """Whose incidents a caller may read; None: all."""
    return Whose(caller.actor, caller.claims.officer) if caller.claims.role == "officer" else None


def _hands(caller: Caller) -> frozenset[str]:
    claims = caller.claims
    officer = {claims.officer, f"officer/{claims.officer}"} if claims.officer else set()
    post = {f"post/{claims.post}"} if claims.post and claims.role != "officer" else set()
    return frozenset(map(officer_key, officer | post))
