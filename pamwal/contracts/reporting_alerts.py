"""Alerts: what an operation's picture makes necessary to look at, and what people make of it.

An alert is one (kind, subject, episode), and its id follows from these three. It is raised and retracted by
the reporting decider alone, with a `cause` in place of a request; what people say about it are requests.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Final, Literal, get_args

from msgspec import Meta, Struct

from pamwal.contracts.envelope import RequestData
from pamwal.contracts.instants import Instant, Stamp

AlertKind = Literal[
    "silent_post",
    "sequence_gap",
    "no_show",
    "understrength",
    "uncovered",
    "overstay",
    "order_unacknowledged",
    "unnoticed_rally",
    "overdue_incident",
    "missed_par",
]
ALERT_KINDS: Final[tuple[AlertKind, ...]] = get_args(AlertKind)
Ending = Literal[
    "heard",
    "day_closed",
    "unlisted",
    "arrived",
    "reset",
    "seen",
    "excused",
    "released",
    "filled",
    "over",
    "gone",
    "acknowledged",
    "noticed",
    "stepped",
    "accounted",
    "changed",
    "expired",
    "operation_closed",
]
"""Why an alert is retracted.

`heard`: the post speaks again and its queue is home. `day_closed`: it has told its part of the day.
`unlisted`: the operation has no such post any more. `arrived`: the missing numbers are here.
`reset`: the head of operations said that they will never come. `seen`: he was
there, or elsewhere, or is gone in good order. `excused`: absent with leave, lent, or excused by a roll call.
`released`: what it is about does not stand any more: cancelled, taken back, or a duplicate. `filled`: there
are enough. `over`: its hours are over, or the field said that it ended. `gone`: nobody stands there any more.
`acknowledged`: the orders are. `noticed`: the notice receipt is known. `stepped`: the incident went on.
`accounted`: everybody who was asked is. `changed`: its deadline is another one now. `expired`: it is the
second day after, and nobody can act on it. `operation_closed`: nothing more is planned in the operation.
"""
AlertId = Annotated[
    str,
    Meta(
        pattern=r"^[a-z_]{1,40}-[0-9a-f]{16}(?!\n)$",
        description="an alert's id, as the list of alerts has it, such as no_show-0123456789abcdef",
    ),
]
AlertIds = Annotated[list[AlertId], Meta(min_length=1, max_length=500, description="each alert once")]
Assignee = Annotated[
    str,
    Meta(
        pattern=r"^(officer|post)/[A-Za-z0-9][A-Za-z0-9._:-]{0,63}(?!\n)$",
        description="officer/{officer_id} or post/{post_id}",
    ),
]


def alert_id(kind: AlertKind, subject: str, episode: str) -> str:
    """The id of an alert: its kind, and 64 bits of the SHA-256 of all three."""
    digest = hashlib.sha256(f"{kind}\n{subject}\n{episode}".encode()).hexdigest()
    return f"{kind}-{digest[:16]}"


# --- requests


class AcknowledgeAlerts(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody has seen these alerts and sees to them; all of them or none."""

    alerts: AlertIds


class SnoozeAlerts(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """These alerts are not to be shown as new until then; all of them or none."""

    alerts: AlertIds
    until: Instant


class AssignAlerts(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """These alerts are somebody's to see to; all of them or none."""

    alerts: AlertIds
    to: Assignee


# --- facts


class AlertFactBase(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """All facts about an alert: a derived id, and a version that is dense per alert."""

    id: str
    version: int
    alert_id: str
    at: Stamp
    """When it was judged so, or when somebody said so."""


class AlertRaised(AlertFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="alert_raised"):
    """Something has to be looked at."""

    kind: AlertKind
    subject: str
    """`post/{id}`, `posts/{id}/devices/{id}`, `deployment/{id}`, `rally/{id}`, `site/{id}`, `incident/{id}`,
    `poll/{id}`; of a place with `/intel` behind it where it is about that role alone."""
    episode: str
    """The instant of the breached deadline, or of the last word that was heard (`never` if there was none),
    or the first number that is missing."""
    since: Stamp
    """When the deadline was breached."""
    evidence: list[str] = []
    """Ids of the facts that it follows from, as far as single facts are its reason."""
    place: str | None = None
    posts: list[str] = []
    """Posts it concerns: who would report it, or who is silent."""
    officers: list[str] = []
    intel: bool = False
    """It tells of an `intel` deployment: only who may place those is told of it by name."""
    counts: dict[str, int] = {}
    """What was counted when it was raised: `required`, `ordered`, `present`, `missing` …"""
    unconfirmed: bool = False
    """Only silence says so: nobody who would have reported the contrary could be heard."""
    under: str | None = None
    """The alert of the silent post that explains it."""


class AlertRevised(AlertFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="alert_revised"):
    """It stands as before, but is now certain, or is not any more."""

    unconfirmed: bool = False
    under: str | None = None


class AlertRetracted(AlertFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="alert_retracted"):
    """It does not stand any more."""

    reason: Ending
    evidence: list[str] = []
    """Ids of the facts that say so, as far as single facts are the reason."""


class AlertAcknowledged(
    AlertFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="alert_acknowledged"
):
    """Somebody sees to it."""

    author: str
    postid: str


class AlertSnoozed(AlertFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="alert_snoozed"):
    """It is not shown as new until then."""

    author: str
    postid: str
    until: Stamp


class AlertAssigned(AlertFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="alert_assigned"):
    """It is somebody's to see to."""

    author: str
    postid: str
    to: str


AlertHandled = AlertAcknowledged | AlertSnoozed | AlertAssigned
AlertFact = AlertRaised | AlertRevised | AlertRetracted | AlertHandled
