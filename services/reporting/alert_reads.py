"""GET: the alerts of an operation, as JSON; one as CAP 1.2."""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response
from msgspec.structs import replace

from pamwal.contracts.alerts_shown import OperationAlerts
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.reporting_alerts import AlertKind
from pamwal.edge.access import FOR_ANY_TOKEN
from pamwal.edge.app import Reader
from services.reporting.answering import json_answer, says
from services.reporting.earlier import KnownAsked, MomentAsked
from services.reporting.exported import file_answer, is_file
from services.reporting.exports.cap import MEDIA_TYPE, Said, Tongue, cap_of
from services.reporting.reads import Reads
from services.reporting.views.alerts import alert_seen, operation_alerts
from services.reporting.views.situation import SIGHT_OF
from services.reporting.views.unnamed import unnamed_to
from services.reporting.words import ALERT_KINDS, ALERT_KINDS_ENGLISH, name_of

PAGE_MAX: Final = 500
SAID: Final = Said(
    tongues=(
        Tongue(language="id", exercise="LATIHAN: ", events=ALERT_KINDS, area="Wilayah {}"),
        Tongue(language="en", exercise="LATIHAN (exercise): ", events=ALERT_KINDS_ENGLISH, area="Area {}"),
    ),
    name_of=name_of,
)
"""In what words CAP tells of an alert."""
_ALERTS: Final = "/reporting/v1/operations/{operation_id}/alerts"
AlertIdAsked = Annotated[str, Path(max_length=64)]
AfterAsked = Annotated[str | None, Query(max_length=64, description="`next_after` of the page before")]


class AlertsWanted(NamedTuple):
    """What a query for alerts asks, of one operation or of several."""

    standing: bool
    kinds: frozenset[AlertKind]
    limit: int
    at: str | None
    known: str | None


async def alerts_wanted(
    *,
    standing: Annotated[bool, Query(description="false: those that were retracted, too")] = True,
    kind: Annotated[list[AlertKind] | None, Query(description="any of these; repeat it for several")] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
    at: MomentAsked = None,
    known: KnownAsked = None,
) -> AlertsWanted:
    """Reads it out of the query."""
    return AlertsWanted(standing, frozenset(kind or ()), limit, at, known)


AlertsAsked = Annotated[AlertsWanted, Depends(alerts_wanted)]


def alert_routes(reads: Reads) -> APIRouter:
    """The reads about alerts."""
    router = APIRouter(tags=["alerts"])

    @router.get(
        _ALERTS,
        summary="Alerts, the newest first",
        responses=says(OperationAlerts),
        openapi_extra=FOR_ANY_TOKEN,
    )
    async def alerts(
        operation_id: str, caller: Reader, wanted: AlertsAsked, after: AfterAsked = None
    ) -> Response:
        look = reads.look(operation_id, caller, wanted.at, wanted.known)
        found = operation_alerts(
            look.picture,
            look.at,
            sight=SIGHT_OF[caller.claims.role],
            vector=look.vector,
            standing=wanted.standing,
            kinds=wanted.kinds,
            after=after,
            limit=wanted.limit,
        )
        return json_answer(replace(found, knowledge=look.knowledge()))

    @router.get(
        f"{_ALERTS}/{{alert_id}}/cap.xml",
        summary="An alert as it stands as CAP 1.2: Alert, Update or Cancel",
        responses=is_file(MEDIA_TYPE, "OASIS CAP 1.2, UTF-8"),
        openapi_extra=FOR_ANY_TOKEN,
    )
    async def cap(operation_id: str, alert_id: AlertIdAsked, caller: Reader) -> Response:
        picture = reads.operation(operation_id, caller)
        sight = SIGHT_OF[caller.claims.role]
        found = alert_seen(picture, alert_id, sight)
        if found is None:
            raise HttpProblem(404, "unknown_alert", f"there is no alert {alert_id!r} for this token to see")
        told = cap_of(picture, found, SAID, unnamed_to(sight, picture))
        name = f"cap-{operation_id}-{alert_id}.xml"
        return file_answer(told, MEDIA_TYPE, name, exercise=picture.mode == "exercise")

    return router
