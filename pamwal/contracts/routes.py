"""Where a request of each type is posted, and what the route says of itself: one table for edges and clients."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple


class Route(NamedTuple):
    """`POST /{service}/v1/operations/{operation_id}{path}`, and one line about it."""

    service: Literal["scheduler", "checkin"]
    path: str
    summary: str


ROUTES: Final[dict[str, Route]] = {
    "pamwal.scheduling.open_operation.v1": Route("scheduler", "/open", "Open an operation, once"),
    "pamwal.scheduling.amend_operation.v1": Route(
        "scheduler", "/amend", "Amend an operation; what is not given stays"
    ),
    "pamwal.scheduling.close_operation.v1": Route(
        "scheduler", "/close", "Close an operation: nothing more is planned in it"
    ),
    "pamwal.scheduling.reopen_operation.v1": Route("scheduler", "/reopen", "Plan in it again"),
    "pamwal.scheduling.close_day.v1": Route(
        "scheduler", "/days:close", "Close a day: nothing that begins on it is planned any more"
    ),
    "pamwal.scheduling.reopen_day.v1": Route("scheduler", "/days:reopen", "Plan a closed day again"),
    "pamwal.scheduling.register_sites.v1": Route(
        "scheduler", "/sites", "Register or amend guarded sites, in bulk"
    ),
    "pamwal.scheduling.withdraw_sites.v1": Route("scheduler", "/sites:withdraw", "Guard sites no more"),
    "pamwal.scheduling.register_officers.v1": Route(
        "scheduler", "/officers", "Register or amend officers, in bulk"
    ),
    "pamwal.scheduling.withdraw_officers.v1": Route(
        "scheduler", "/officers:withdraw", "Take officers off the roster"
    ),
    "pamwal.scheduling.record_absences.v1": Route(
        "scheduler", "/absences", "Record when officers cannot be ordered"
    ),
    "pamwal.scheduling.withdraw_absences.v1": Route(
        "scheduler", "/absences:withdraw", "Officers can be ordered after all"
    ),
    "pamwal.scheduling.lend_officers.v1": Route(
        "scheduler", "/loans", "Lend officers to another operation (BKO)"
    ),
    "pamwal.scheduling.recall_officers.v1": Route("scheduler", "/loans:recall", "End loans"),
    "pamwal.scheduling.revert_import.v1": Route(
        "scheduler", "/imports:revert", "Undo in one decision what an import changed"
    ),
    "pamwal.scheduling.plan_rally.v1": Route("scheduler", "/rallies", "Plan a rally, or replace its plan"),
    "pamwal.scheduling.plan_rallies.v1": Route("scheduler", "/rallies:bulk", "Plan many rallies at once"),
    "pamwal.scheduling.plan_series.v1": Route(
        "scheduler", "/rallies:series", "Plan a rally that recurs (RRULE)"
    ),
    "pamwal.scheduling.notice_rally.v1": Route(
        "scheduler", "/rallies:notice", "Record a rally's notice receipt (STTP)"
    ),
    "pamwal.scheduling.move_rally.v1": Route(
        "scheduler", "/rallies:move", "Move a rally; its live deployments shift with it"
    ),
    "pamwal.scheduling.cancel_rally.v1": Route(
        "scheduler", "/rallies:cancel", "Cancel a rally and its live deployments"
    ),
    "pamwal.scheduling.reinstate_rally.v1": Route(
        "scheduler", "/rallies:reinstate", "Hold a cancelled or closed rally after all"
    ),
    "pamwal.scheduling.close_rally.v1": Route("scheduler", "/rallies:close", "A rally is over"),
    "pamwal.scheduling.order_deployments.v1": Route(
        "scheduler", "/deployments", "Order officers to places, one or many"
    ),
    "pamwal.scheduling.reserve_deployments.v1": Route(
        "scheduler", "/deployments:reserve", "Reserve officers for places"
    ),
    "pamwal.scheduling.order_reserved.v1": Route("scheduler", "/deployments:order", "Order what is reserved"),
    "pamwal.scheduling.order_series.v1": Route(
        "scheduler", "/deployments:series", "Order officers to every rally of a series"
    ),
    "pamwal.scheduling.acknowledge_deployments.v1": Route(
        "scheduler", "/deployments:acknowledge", "Acknowledge orders, one or many"
    ),
    "pamwal.scheduling.reject_deployments.v1": Route(
        "scheduler", "/deployments:reject", "Whoever is ordered cannot take it"
    ),
    "pamwal.scheduling.cancel_deployments.v1": Route(
        "scheduler", "/deployments:cancel", "Cancel orders, one or many"
    ),
    "pamwal.scheduling.reinstate_deployments.v1": Route(
        "scheduler", "/deployments:reinstate", "Let cancelled orders stand again"
    ),
    "pamwal.scheduling.stand_down_deployments.v1": Route(
        "scheduler", "/deployments:stand-down", "End duty, as planned or before"
    ),
    "pamwal.scheduling.reassign_deployments.v1": Route(
        "scheduler", "/deployments:reassign", "Release and order anew in one decision"
    ),
    "pamwal.scheduling.reassign_unit.v1": Route(
        "scheduler", "/deployments:reassign-unit", "Reassign a whole unit in one decision"
    ),
    "pamwal.scheduling.swap_deployments.v1": Route(
        "scheduler", "/deployments:swap", "Let other officers take deployments over"
    ),
    "pamwal.scheduling.propose_deployments.v1": Route(
        "scheduler", "/proposals", "Keep a draft of deployments"
    ),
    "pamwal.scheduling.order_proposal.v1": Route(
        "scheduler", "/proposals:order", "Order a draft with one call"
    ),
    "pamwal.scheduling.discard_proposal.v1": Route("scheduler", "/proposals:discard", "Throw a draft away"),
    "pamwal.field.check_in.v1": Route("checkin", "/check-ins", "An officer is at a place, since `time`"),
    "pamwal.field.check_out.v1": Route("checkin", "/check-outs", "An officer leaves a place"),
    "pamwal.field.void.v1": Route("checkin", "/voids", "Take back a check-in or check-out, by its fact id"),
    "pamwal.field.report_incident.v1": Route("checkin", "/incidents", "Something happened at a place"),
    "pamwal.field.advance_incident.v1": Route(
        "checkin",
        "/incidents:advance",
        "One step of an incident's life; with `expected_version` it can be refused",
    ),
    "pamwal.field.heartbeat.v1": Route(
        "checkin", "/heartbeats", "A post is there; the highest number of each of its sources, and its queue"
    ),
}


def type_named(word: str) -> str | None:
    """The full type of a short name: `check_in` for `pamwal.field.check_in.v1`; None if there is none."""
    wanted = word.replace("-", "_")
    found = [name for name in ROUTES if name == wanted or f".{wanted}." in f".{name}."]
    return found[0] if len(found) == 1 else None
