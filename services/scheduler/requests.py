"""Over HTTP: which address takes which request, and which words about persons stay out of the log."""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from pamwal.contracts.scheduling import OfficerEntry, RegisterOfficers
from pamwal.edge.app import Keep, RequestRoute


def _route(path: str, name: str, summary: str) -> RequestRoute:
    return RequestRoute(path=path, type=f"pamwal.scheduling.{name}.v1", summary=summary)


ROUTES: Final = (
    _route("/open", "open_operation", "Open an operation, once"),
    _route("/amend", "amend_operation", "Amend an operation; what is not given stays"),
    _route("/close", "close_operation", "Close an operation: nothing more is planned in it"),
    _route("/reopen", "reopen_operation", "Plan in it again"),
    _route("/days:close", "close_day", "Close a day: nothing that begins on it is planned any more"),
    _route("/days:reopen", "reopen_day", "Plan a closed day again"),
    _route("/sites", "register_sites", "Register or amend guarded sites, in bulk"),
    _route("/sites:withdraw", "withdraw_sites", "Guard sites no more"),
    _route("/officers", "register_officers", "Register or amend officers, in bulk"),
    _route("/officers:withdraw", "withdraw_officers", "Take officers off the roster"),
    _route("/absences", "record_absences", "Record when officers cannot be ordered"),
    _route("/absences:withdraw", "withdraw_absences", "Officers can be ordered after all"),
    _route("/loans", "lend_officers", "Lend officers to another operation (BKO)"),
    _route("/loans:recall", "recall_officers", "End loans"),
    _route("/imports:revert", "revert_import", "Undo in one decision what an import changed"),
    _route("/rallies", "plan_rally", "Plan a rally, or replace its plan"),
    _route("/rallies:bulk", "plan_rallies", "Plan many rallies at once"),
    _route("/rallies:series", "plan_series", "Plan a rally that recurs (RRULE)"),
    _route("/rallies:notice", "notice_rally", "Record a rally's notice receipt (STTP)"),
    _route("/rallies:move", "move_rally", "Move a rally; its live deployments shift with it"),
    _route("/rallies:cancel", "cancel_rally", "Cancel a rally and its live deployments"),
    _route("/rallies:reinstate", "reinstate_rally", "Hold a cancelled or closed rally after all"),
    _route("/rallies:close", "close_rally", "A rally is over"),
    _route("/deployments", "order_deployments", "Order officers to places, one or many"),
    _route("/deployments:reserve", "reserve_deployments", "Reserve officers for places"),
    _route("/deployments:order", "order_reserved", "Order what is reserved"),
    _route("/deployments:series", "order_series", "Order officers to every rally of a series"),
    _route("/deployments:acknowledge", "acknowledge_deployments", "Acknowledge orders, one or many"),
    _route("/deployments:reject", "reject_deployments", "Whoever is ordered cannot take it"),
    _route("/deployments:cancel", "cancel_deployments", "Cancel orders, one or many"),
    _route("/deployments:reinstate", "reinstate_deployments", "Let cancelled orders stand again"),
    _route("/deployments:stand-down", "stand_down_deployments", "End duty, as planned or before"),
    _route("/deployments:reassign", "reassign_deployments", "Release and order anew in one decision"),
    _route("/deployments:reassign-unit", "reassign_unit", "Reassign a whole unit in one decision"),
    _route("/deployments:swap", "swap_deployments", "Let other officers take deployments over"),
    _route("/proposals", "propose_deployments", "Keep a draft of deployments"),
    _route("/proposals:order", "order_proposal", "Order a draft with one call"),
    _route("/proposals:discard", "discard_proposal", "Throw a draft away"),
)


def set_apart(data: Any, keep: Keep) -> Any:
    """Officers' names go to `personal`; a reference the sender made up does not survive."""
    if not isinstance(data, RegisterOfficers):
        return data
    return replace(data, officers=[_apart(entry, keep) for entry in data.officers])


def _apart(entry: OfficerEntry, keep: Keep) -> OfficerEntry:
    if entry.person is None and entry.person_ref is None:
        return entry
    return replace(entry, person=None, person_ref=None if entry.person is None else keep(entry.person))
