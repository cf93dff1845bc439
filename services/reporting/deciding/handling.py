"""What people make of alerts: acknowledged, snoozed, assigned; all of a request's or none. Pure."""

from __future__ import annotations

from typing import Any

from pamwal.contracts.claims import Claims
from pamwal.contracts.envelope import Reason, Request, Verdict, refuse
from pamwal.contracts.reporting_alerts import (
    AcknowledgeAlerts,
    AlertAcknowledged,
    AlertAssigned,
    AlertHandled,
    AlertSnoozed,
    AssignAlerts,
    SnoozeAlerts,
)
from services.reporting.picture.alerts import AlertBook, AlertStand

Handling = AcknowledgeAlerts | SnoozeAlerts | AssignAlerts


def handle_alerts(alerts: AlertBook, request: Request[Handling], claims: Claims) -> Verdict[Any]:
    """The answer to a request about alerts. Refused: `malformed`, `unknown_alert`,
    `illegal_transition` for one that was retracted.
    """
    data = request.data
    if isinstance(data, SnoozeAlerts) and data.until <= request.time:
        message = f"snoozed until {data.until}, which is not behind {request.time}"
        return refuse("malformed", message, possible="name a moment that is still to come")
    stands, reasons = [], []
    for row, alert_id in enumerate(dict.fromkeys(data.alerts)):
        found = alerts.known.get(alert_id)
        reason = _refused(found, alert_id, row, claims)
        reasons += [] if reason is None else [reason]
        stands += [] if found is None else [found]
    if reasons:
        return Verdict(reason=_all_in_one(reasons))
    return Verdict(
        facts=[_handled(request, stand, f"{request.id}/{number}") for number, stand in enumerate(stands)]
    )


def _refused(found: AlertStand | None, alert_id: str, row: int, claims: Claims) -> Reason | None:
    if found is None or (found.raised.intel and claims.role != "ops_head"):
        message = f"there is no alert {alert_id}"
        possible = "take its id from the list of alerts"
        return Reason(code="unknown_alert", message=message, subject=alert_id, row=row, possible=possible)
    ended = found.retracted
    if ended is not None:
        message = f"{alert_id} was retracted at {ended.at}: {ended.reason}"
        return Reason(
            code="illegal_transition", message=message, subject=alert_id, row=row, possible="leave it out"
        )
    return None


def _all_in_one(reasons: list[Reason]) -> Reason:
    first = reasons[0]
    if len(reasons) == 1:
        return first
    message = f"{len(reasons)} of these alerts cannot be seen to; {first.message}"
    return Reason(code=first.code, message=message, possible=first.possible, rows=reasons)


def _handled(request: Request[Handling], stand: AlertStand, fact_id: str) -> AlertHandled:
    who: dict[str, Any] = {
        "id": fact_id,
        "version": stand.version + 1,
        "alert_id": stand.alert_id,
        "at": request.time,
        "author": request.actor,
        "postid": request.postid,
    }
    match request.data:
        case AcknowledgeAlerts():
            return AlertAcknowledged(**who)
        case SnoozeAlerts(until=until):
            return AlertSnoozed(**who, until=until)
        case AssignAlerts(to=to):
            return AlertAssigned(**who, to=to)
