"""Where a request of each type is posted, and what the route says: one table for edges and clients."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from pamwal.contracts.claims import Role

Roles = tuple[Role, ...]


class Route(NamedTuple):
    """`POST /{service}/v1/operations/{operation_id}{path}`, who may ask for it, and one line about it.

    `pamwal.contracts.rights` holds every request to `roles`. A role of `BOUND_TO_POST` asks in the name of
    its own post only; further limits, such as that an officer reports his own presence, are the service's.
    """

    service: Literal["scheduler", "checkin", "reporting"]
    path: str
    roles: Roles
    summary: str


_ADMINS: Final[Roles] = ("admin",)
_HEADS: Final[Roles] = ("ops_head",)
_HEADS_AND_ADMINS: Final[Roles] = ("ops_head", "admin")
_POSTS: Final[Roles] = ("command_post", "ops_head")
KEEPERS: Final[Roles] = ("command_post", "ops_head", "admin")
"""Those who keep officers and devices."""
COMMANDERS: Final[Roles] = ("field_commander", "command_post", "ops_head")
FIELD: Final[Roles] = ("officer", "field_commander", "command_post", "ops_head")
PLACE_READERS: Final[Roles] = ("field_commander", "command_post", "ops_head", "admin")
"""Those who read rows of places, and not only counts."""
ERASERS: Final[Roles] = _HEADS_AND_ADMINS
"""Those who may have a person's words erased."""
PLAN_READERS: Final[Roles] = ("officer", *PLACE_READERS)
_DEVICES: Final[Roles] = ("officer", "command_post")
"""What the token of a device can be."""

_ASKED_OF_SCHEDULER: Final = {
    "open_operation": ("/open", _ADMINS, "Open an operation, once"),
    "amend_operation": ("/amend", _HEADS_AND_ADMINS, "Amend an operation; what is not given stays"),
    "close_operation": ("/close", _HEADS_AND_ADMINS, "Close an operation: nothing more is planned in it"),
    "reopen_operation": ("/reopen", _HEADS_AND_ADMINS, "Plan in it again"),
    "admit_child": ("/children:admit", _HEADS_AND_ADMINS, "Count an operation that names this its parent"),
    "dismiss_child": ("/children:dismiss", _HEADS_AND_ADMINS, "Do not count an operation in this one"),
    "close_day": ("/days:close", _HEADS, "Close a day: nothing that begins on it is planned any more"),
    "reopen_day": ("/days:reopen", _HEADS, "Plan a closed day again"),
    "register_sites": ("/sites", _HEADS_AND_ADMINS, "Register or amend guarded sites, in bulk"),
    "withdraw_sites": ("/sites:withdraw", _HEADS_AND_ADMINS, "Guard sites no more"),
    "register_officers": ("/officers", KEEPERS, "Register or amend officers, in bulk"),
    "withdraw_officers": ("/officers:withdraw", KEEPERS, "Take officers off the roster"),
    "record_absences": ("/absences", _POSTS, "Record when officers cannot be ordered"),
    "withdraw_absences": ("/absences:withdraw", _POSTS, "Officers can be ordered after all"),
    "lend_officers": ("/loans", _HEADS, "Lend officers to another operation (BKO)"),
    "recall_officers": ("/loans:recall", _HEADS, "End loans"),
    "revert_import": ("/imports:revert", _HEADS_AND_ADMINS, "Undo in one decision what an import changed"),
    "plan_rally": ("/rallies", _HEADS, "Plan a rally, or replace its plan"),
    "plan_rallies": ("/rallies:bulk", _HEADS, "Plan many rallies at once"),
    "plan_series": ("/rallies:series", _HEADS, "Plan a rally that recurs (RRULE)"),
    "notice_rally": ("/rallies:notice", _POSTS, "Record a rally's notice receipt (STTP)"),
    "move_rally": ("/rallies:move", _HEADS, "Move a rally; its live deployments shift with it"),
    "cancel_rally": ("/rallies:cancel", _HEADS, "Cancel a rally and its live deployments"),
    "reinstate_rally": ("/rallies:reinstate", _HEADS, "Hold a cancelled or closed rally after all"),
    "close_rally": ("/rallies:close", _POSTS, "A rally is over"),
    "order_deployments": ("/deployments", _POSTS, "Order officers to places, one or many"),
    "reserve_deployments": ("/deployments:reserve", _POSTS, "Reserve officers for places"),
    "order_reserved": ("/deployments:order", _POSTS, "Order what is reserved"),
    "order_series": ("/deployments:series", _HEADS, "Order officers to every rally of a series"),
    "acknowledge_deployments": ("/deployments:acknowledge", FIELD, "Acknowledge orders, one or many"),
    "reject_deployments": ("/deployments:reject", FIELD, "Whoever is ordered cannot take it"),
    "cancel_deployments": ("/deployments:cancel", _POSTS, "Cancel orders, one or many"),
    "reinstate_deployments": ("/deployments:reinstate", _POSTS, "Let cancelled orders stand again"),
    "stand_down_deployments": ("/deployments:stand-down", COMMANDERS, "End duty, as planned or before"),
    "reassign_deployments": ("/deployments:reassign", _POSTS, "Release and order anew in one decision"),
    "reassign_unit": ("/deployments:reassign-unit", _HEADS, "Reassign a whole unit in one decision"),
    "swap_deployments": ("/deployments:swap", _POSTS, "Let other officers take deployments over"),
    "propose_deployments": ("/proposals:keep", _POSTS, "Keep a draft of deployments"),
    "order_proposal": ("/proposals:order", _HEADS, "Order a draft with one call"),
    "discard_proposal": ("/proposals:discard", _POSTS, "Throw a draft away"),
}
_ASKED_OF_CHECKIN: Final = {
    "check_in": ("/check-ins", FIELD, "An officer is at a place, since `time`"),
    "check_out": ("/check-outs", FIELD, "An officer leaves a place"),
    "relieve": ("/reliefs", COMMANDERS, "An officer hands over to another at a place, at `time`"),
    "check_in_squad": (
        "/check-ins:squad",
        COMMANDERS,
        "A squad is at a place: who is there, and why somebody is not",
    ),
    "call_roll": (
        "/roll-calls",
        COMMANDERS,
        "A unit's roll call (apel): who answered, and why somebody did not",
    ),
    "start_rally": ("/rallies:start", COMMANDERS, "A rally has begun"),
    "end_rally": ("/rallies:end", COMMANDERS, "A rally is over"),
    "count_attendance": ("/attendance", COMMANDERS, "How many people are at a rally"),
    "void": (
        "/voids",
        FIELD,
        "Take back what was observed, by its fact id: presence, roll call, head count, rally, incident, file",
    ),
    "report_incident": ("/incidents", FIELD, "Something happened at a place"),
    "advance_incident": (
        "/incidents:advance",
        FIELD,
        "One step of an incident's life; with `expected_version` it can be refused",
    ),
    "amend_incident": (
        "/incidents:amend",
        FIELD,
        "Severity, kind, place, casualties, pairs or assignees are other than was said",
    ),
    "escalate_incident": ("/incidents:escalate", COMMANDERS, "Hand an incident up"),
    "merge_incident": ("/incidents:merge", COMMANDERS, "It is the same as another; only that one counts"),
    "unmerge_incident": ("/incidents:unmerge", COMMANDERS, "It is an incident of its own after all"),
    "attach_to_incident": ("/incidents:attach", FIELD, "A file that was uploaded belongs to an incident"),
    "heartbeat": (
        "/heartbeats",
        _POSTS,
        "A post is there; the highest number of each of its sources, and its queue",
    ),
    "reset_source": (
        "/sources:reset",
        _HEADS_AND_ADMINS,
        "Numbers of a source that will never come are not missing any more",
    ),
    "invite_devices": (
        "/devices:invite",
        KEEPERS,
        "Invite devices, by the digests of their one-time codes",
    ),
    "enrol_device": (
        "/devices:enrol",
        _DEVICES,
        "A device has its code; an edge says it, see /checkin/v1/enrol",
    ),
    "revoke_devices": (
        "/devices:revoke",
        KEEPERS,
        "Devices are lost: what they say of the time since is marked",
    ),
    "erase_person": (
        "/persons:erase",
        ERASERS,
        "A person was erased; an edge says it, see /officers/{officer_id}/erasure",
    ),
    "close_post": ("/posts:close", _POSTS, "A post has told its part of a day; names what is still open"),
    "reopen_post": ("/posts:reopen", _POSTS, "A post has more to tell of a day it closed"),
    "hand_over_watch": ("/watches", _POSTS, "Hand the watch of a post over to another person"),
    "confirm_watch": ("/watches:confirm", _POSTS, "Take the watch over, or decline it"),
    "start_poll": ("/polls", _POSTS, "Ask whether everybody is accounted for (PAR)"),
    "ack_poll": ("/polls:ack", FIELD, "An officer is accounted for"),
    "end_poll": ("/polls:end", _POSTS, "A poll is over"),
}
_ASKED_OF_REPORTING: Final = {
    "acknowledge_alerts": ("/alerts:acknowledge", _POSTS, "Alerts are seen and seen to, one or many"),
    "snooze_alerts": ("/alerts:snooze", _POSTS, "Alerts are not to be shown as new for a while"),
    "assign_alerts": ("/alerts:assign", _POSTS, "Alerts are somebody's to see to"),
    "publish_sitrep": (
        "/sitreps",
        _HEADS,
        "Publish the next SitRep: numbered, never edited, only superseded",
    ),
    "sign_sitrep": ("/sitreps:sign", _HEADS, "Add a signature over a SitRep that stands"),
}
ROUTES: Final[dict[str, Route]] = {
    **{
        f"pamwal.scheduling.{name}.v1": Route("scheduler", *rest)
        for name, rest in _ASKED_OF_SCHEDULER.items()
    },
    **{f"pamwal.field.{name}.v1": Route("checkin", *rest) for name, rest in _ASKED_OF_CHECKIN.items()},
    **{
        f"pamwal.reporting.{name}.v1": Route("reporting", *rest) for name, rest in _ASKED_OF_REPORTING.items()
    },
}
"""Request type → its route. `note_delivery` has none: only the reporting service itself notes deliveries."""


CHECKED: Final = frozenset({"scheduler"})
"""Services that say beforehand what they would answer; the others refuse next to nothing."""


def type_named(word: str) -> str | None:
    """The full type of a short name: `check_in` for `pamwal.field.check_in.v1`; None if there is none."""
    wanted = word.replace("-", "_")
    found = [name for name in ROUTES if name == wanted or f".{wanted}." in f".{name}."]
    return found[0] if len(found) == 1 else None


def checked_at(path: str) -> str:
    """Where a route's request is only checked: `/rallies:check` for `/rallies`, `/rallies:check-move` …"""
    return path.replace(":", ":check-", 1) if ":" in path else f"{path}:check"
