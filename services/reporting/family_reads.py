"""GET: the alerts and the ledger of an operation and all below it, now and as of a moment.

For whoever reads the operations below his own anyway, of each as far as he may see there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Query
from fastapi.responses import Response

from pamwal.contracts.alerts_shown import AlertRow, Alerts
from pamwal.contracts.errors import AccessDenied, WrongShape
from pamwal.contracts.family_reads import FamilyAlerts, FamilyLedger, OperationAlert, OperationLedger
from pamwal.contracts.parents import READS_BELOW
from pamwal.contracts.rolled_up import Unseen
from pamwal.edge.access import for_roles
from pamwal.edge.app import Caller, Reader
from services.reporting.alert_reads import AlertsAsked
from services.reporting.answering import json_answer, says
from services.reporting.earlier import KnownAsked, Look, MomentAsked
from services.reporting.families_earlier import T
from services.reporting.reads import Reads
from services.reporting.views.alerts import alerts_before, counted_alerts
from services.reporting.views.family_reads import balanced_together, counted_together, newest_of
from services.reporting.views.ledger import ledger_line
from services.reporting.views.situation import SIGHT_OF
from services.reporting.views.window import zone_of

CHILDREN: Final = "/reporting/v1/operations/{operation_id}/children"
_MARK: Final = re.compile(r"^([0-9T:.Z-]{24})/([A-Za-z0-9._:-]{1,64})/([A-Za-z0-9._:-]{1,64})$")
AfterAsked = Annotated[
    str | None,
    Query(
        max_length=160,
        description="`next_after` of the page before",
        json_schema_extra={"pattern": _MARK.pattern},
    ),
]


class OwnAlerts(NamedTuple):
    """Of one operation."""

    name: str
    zone: str
    counted: Alerts
    rows: list[AlertRow]


def family_routes(reads: Reads) -> APIRouter:
    """Both."""
    router = APIRouter(tags=["reads"])

    @router.get(
        f"{CHILDREN}/alerts",
        summary="Alerts of the operation and all below it, the newest first",
        responses=says(FamilyAlerts),
        openapi_extra=for_roles(*sorted(READS_BELOW)),
    )
    async def alerts(
        operation_id: str, caller: Reader, wanted: AlertsAsked, after: AfterAsked = None
    ) -> Response:
        sight, before = SIGHT_OF[caller.claims.role], _mark(after)

        def take(look: Look) -> OwnAlerts:
            picture = look.picture
            rows = alerts_before(
                picture,
                look.at,
                sight=sight,
                standing=wanted.standing,
                kinds=wanted.kinds,
                before=before,
                limit=wanted.limit + 1,
            )
            return OwnAlerts(
                name_of_look(look), zone_of(picture), counted_alerts(picture, look.at, sight), rows
            )

        moment, found, unseen, settled = await walk_family(
            reads, operation_id, caller, wanted.at, wanted.known, take
        )
        rows = (
            OperationAlert(operation_id=name, name=own.name, zone=own.zone, alert=row)
            for name, own in found.items()
            for row in own.rows
        )
        page, next_after = newest_of(rows, wanted.limit)
        return json_answer(
            FamilyAlerts(
                operation_id=operation_id,
                mode=caller.claims.mode,
                at=moment,
                operations=len(found),
                standing=counted_together(own.counted for own in found.values()),
                alerts=page,
                unseen=unseen,
                next_after=next_after,
                settled=settled,
            )
        )

    @router.get(
        f"{CHILDREN}/ledger",
        summary="What arrived in the operation and all below it, and whether it all balances",
        responses=says(FamilyLedger),
        openapi_extra=for_roles(*sorted(READS_BELOW)),
    )
    async def ledger(
        operation_id: str, caller: Reader, at: MomentAsked = None, known: KnownAsked = None
    ) -> Response:
        mode, live = caller.claims.mode, reads.live

        def take(look: Look) -> OperationLedger:
            name, cut = look.picture.operation_id, look.cut
            counts = live.ledger if cut is None else live.history.ledger(name, mode, cut)
            line = ledger_line(counts, look.picture, mode, live.unread(name) if cut is None else 0)
            vector = look.vector if cut is not None else live.vector_of(name, requests=True)
            return OperationLedger(
                operation_id=name,
                name=name_of_look(look),
                vector=vector,
                balance=line.balance,
                missing=line.missing,
                unread=line.unread,
            )

        moment, found, unseen, settled = await walk_family(reads, operation_id, caller, at, known, take)
        rows = [row for _, row in sorted(found.items())]
        total = balanced_together(rows)
        return json_answer(
            FamilyLedger(
                operation_id=operation_id,
                at=moment,
                operations=len(rows),
                balanced=total.balanced and not unseen,
                total=total,
                missing=sum(row.missing for row in rows),
                unread=sum(row.unread for row in rows),
                rows=rows,
                unseen=unseen,
                settled=settled,
            )
        )

    return router


def require_reads_below(caller: Caller) -> None:
    """AccessDenied for a device. Which roles read operations below their own, each route declares."""
    if caller.claims.device is not None:
        raise AccessDenied("a device reads its own operation, not those below it", code="wrong_role")


async def walk_family(
    reads: Reads,
    operation_id: str,
    caller: Caller,
    at: str | None,
    known: str | None,
    take: Callable[[Look], T],
) -> tuple[str, dict[str, T], list[Unseen], bool | None]:
    """The moment, what was taken of the operation and of each below it then, what is missing, and whether
    more of then may still become known. AccessDenied, HttpProblem."""
    require_reads_below(caller)
    own = reads.look(operation_id, caller, at, known)
    earlier = (at, known) != (None, None)
    walked = await reads.walk(operation_id, caller, own.at if earlier else None, known, take)
    if walked is None:
        return own.at, {operation_id: take(own)}, [], own.settled if known else None
    members = [operation_id, *walked.family.below(operation_id)]
    found = {name: walked.found[name] for name in members if name in walked.found}
    return own.at, found, walked.unseen, walked.settled if known else None


def name_of_look(look: Look) -> str:
    """What the operation was called then."""
    charter = look.picture.charter
    return charter.name if charter else look.picture.operation_id


def _mark(after: str | None) -> tuple[str, str, str] | None:
    """What a page gave. WrongShape if it is none."""
    if after is None:
        return None
    found = _MARK.fullmatch(after)
    if found is None:
        raise WrongShape(f"after: {after!r} is no `next_after` of a page; leave it out for the first")
    return found[1], found[2], found[3]
