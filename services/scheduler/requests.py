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
    _route("/officers", "register_officers", "Register or amend officers, in bulk"),
    _route("/rallies", "plan_rally", "Plan a rally, or replace its plan"),
    _route("/rallies:notice", "notice_rally", "Record a rally's notice receipt (STTP)"),
    _route("/rallies:move", "move_rally", "Move a rally; its live deployments shift with it"),
    _route("/rallies:cancel", "cancel_rally", "Cancel a rally and its live deployments"),
    _route("/deployments", "order_deployments", "Order officers to places, one or many"),
    _route("/deployments:acknowledge", "acknowledge_deployments", "Acknowledge orders, one or many"),
    _route("/deployments:cancel", "cancel_deployments", "Cancel orders, one or many"),
    _route(
        "/deployments:reassign", "reassign_deployments", "Release and order anew in one decision, one or many"
    ),
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
