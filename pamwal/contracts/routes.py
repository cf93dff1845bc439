"""Where a request of each type is posted, and what the route says: one table for edges and clients."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple


class Route(NamedTuple):
    """`POST /{service}/v1/operations/{operation_id}{path}`, and one line about it."""

    service: Literal["scheduler", "checkin", "reporting"]
    path: str
    summary: str


_SCHEDULING: Final = {
    "open_operation": ("/open", "Open an operation, once"),
    "amend_operation": ("/amend", "Amend an operation; what is not given stays"),
    "close_operation": ("/close", "Close an operation: nothing more is planned in it"),
    "reopen_operation": ("/reopen", "Plan in it again"),
    "close_day": ("/days:close", "Close a day: nothing that begins on it is planned any more"),
    "reopen_day": ("/days:reopen", "Plan a closed day again"),
    "register_sites": ("/sites", "Register or amend guarded sites, in bulk"),
    "withdraw_sites": ("/sites:withdraw", "Guard sites no more"),
    "register_officers": ("/officers", "Register or amend officers, in bulk"),
    "withdraw_officers": ("/officers:withdraw", "Take officers off the roster"),
    "record_absences": ("/absences", "Record when officers cannot be ordered"),
    "withdraw_absences": ("/absences:withdraw", "Officers can be ordered after all"),
    "lend_officers": ("/loans", "Lend officers to another operation (BKO)"),
    "recall_officers": ("/loans:recall", "End loans"),
    "revert_import": ("/imports:revert", "Undo in one decision what an import changed"),
    "plan_rally": ("/rallies", "Plan a rally, or replace its plan"),
    "plan_rallies": ("/rallies:bulk", "Plan many rallies at once"),
    "plan_series": ("/rallies:series", "Plan a rally that recurs (RRULE)"),
    "notice_rally": ("/rallies:notice", "Record a rally's notice receipt (STTP)"),
    "move_rally": ("/rallies:move", "Move a rally; its live deployments shift with it"),
    "cancel_rally": ("/rallies:cancel", "Cancel a rally and its live deployments"),
    "reinstate_rally": ("/rallies:reinstate", "Hold a cancelled or closed rally after all"),
    "close_rally": ("/rallies:close", "A rally is over"),
    "order_deployments": ("/deployments", "Order officers to places, one or many"),
    "reserve_deployments": ("/deployments:reserve", "Reserve officers for places"),
    "order_reserved": ("/deployments:order", "Order what is reserved"),
    "order_series": ("/deployments:series", "Order officers to every rally of a series"),
    "acknowledge_deployments": ("/deployments:acknowledge", "Acknowledge orders, one or many"),
    "reject_deployments": ("/deployments:reject", "Whoever is ordered cannot take it"),
    "cancel_deployments": ("/deployments:cancel", "Cancel orders, one or many"),
    "reinstate_deployments": ("/deployments:reinstate", "Let cancelled orders stand again"),
    "stand_down_deployments": ("/deployments:stand-down", "End duty, as planned or before"),
    "reassign_deployments": ("/deployments:reassign", "Release and order anew in one decision"),
    "reassign_unit": ("/deployments:reassign-unit", "Reassign a whole unit in one decision"),
    "swap_deployments": ("/deployments:swap", "Let other officers take deployments over"),
    "propose_deployments": ("/proposals:keep", "Keep a draft of deployments"),
    "order_proposal": ("/proposals:order", "Order a draft with one call"),
    "discard_proposal": ("/proposals:discard", "Throw a draft away"),
}
_FIELD: Final = {
    "check_in": ("/check-ins", "An officer is at a place, since `time`"),
    "check_out": ("/check-outs", "An officer leaves a place"),
    "relieve": ("/reliefs", "An officer hands over to another at a place, at `time`"),
    "check_in_squad": ("/check-ins:squad", "A squad is at a place: who is there, and why somebody is not"),
    "call_roll": ("/roll-calls", "A unit's roll call (apel): who answered, and why somebody did not"),
    "start_rally": ("/rallies:start", "A rally has begun"),
    "end_rally": ("/rallies:end", "A rally is over"),
    "count_attendance": ("/attendance", "How many people are at a rally"),
    "void": (
        "/voids",
        "Take back what was observed, by its fact id: presence, roll call, head count, rally, incident, file",
    ),
    "report_incident": ("/incidents", "Something happened at a place"),
    "advance_incident": (
        "/incidents:advance",
        "One step of an incident's life; with `expected_version` it can be refused",
    ),
    "amend_incident": (
        "/incidents:amend",
        "Severity, kind, place, casualties, pairs or assignees are other than was said",
    ),
    "escalate_incident": ("/incidents:escalate", "Hand an incident up"),
    "merge_incident": ("/incidents:merge", "It is the same as another; only that one counts"),
    "unmerge_incident": ("/incidents:unmerge", "It is an incident of its own after all"),
    "attach_to_incident": ("/incidents:attach", "A file that was uploaded belongs to an incident"),
    "heartbeat": ("/heartbeats", "A post is there; the highest number of each of its sources, and its queue"),
    "invite_devices": (
        "/devices:invite",
        "Invite devices, by the digests of their one-time codes",
    ),
    "enrol_device": ("/devices:enrol", "A device has its code; an edge says it, see /checkin/v1/enrol"),
    "revoke_devices": (
        "/devices:revoke",
        "Devices are lost: what they say of the time since is marked",
    ),
    "close_post": ("/posts:close", "A post has told its part of a day; names what is still open"),
    "reopen_post": ("/posts:reopen", "A post has more to tell of a day it closed"),
    "hand_over_watch": ("/watches", "Hand the watch of a post over to another person"),
    "confirm_watch": ("/watches:confirm", "Take the watch over, or decline it"),
    "start_poll": ("/polls", "Ask whether everybody is accounted for (PAR)"),
    "ack_poll": ("/polls:ack", "An officer is accounted for"),
    "end_poll": ("/polls:end", "A poll is over"),
}
_REPORTING: Final = {
    "acknowledge_alerts": ("/alerts:acknowledge", "Alerts are seen and seen to, one or many"),
    "snooze_alerts": ("/alerts:snooze", "Alerts are not to be shown as new for a while"),
    "assign_alerts": ("/alerts:assign", "Alerts are somebody's to see to"),
    "publish_sitrep": ("/sitreps", "Publish the next SitRep: numbered, never edited, only superseded"),
    "sign_sitrep": ("/sitreps:sign", "Add a signature over a SitRep that stands"),
}
ROUTES: Final[dict[str, Route]] = {
    **{f"pamwal.scheduling.{name}.v1": Route("scheduler", *rest) for name, rest in _SCHEDULING.items()},
    **{f"pamwal.field.{name}.v1": Route("checkin", *rest) for name, rest in _FIELD.items()},
    **{f"pamwal.reporting.{name}.v1": Route("reporting", *rest) for name, rest in _REPORTING.items()},
}
"""Request type → its route. `note_delivery` has none: only the reporting service itself notes deliveries."""


def type_named(word: str) -> str | None:
    """The full type of a short name: `check_in` for `pamwal.field.check_in.v1`; None if there is none."""
    wanted = word.replace("-", "_")
    found = [name for name in ROUTES if name == wanted or f".{wanted}." in f".{name}."]
    return found[0] if len(found) == 1 else None


def checked_at(path: str) -> str:
    """Where a route's request is only checked: `/rallies:check` for `/rallies`, `/rallies:check-move` …"""
    return path.replace(":", ":check-", 1) if ":" in path else f"{path}:check"
