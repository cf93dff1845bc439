"""Rallies as the field sees them: begun, over, and how many people came."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pamwal.contracts.envelope import Identifier, RequestData
from pamwal.contracts.field.terms import FieldFactBase

People = Annotated[int, Meta(ge=0, le=10_000_000, description="how many people, as counted or judged")]

# --- requests


class StartRally(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """A rally has begun, at `time`."""

    rally_id: Identifier


class EndRally(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """A rally is over, since `time`."""

    rally_id: Identifier


class CountAttendance(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """How many people are at a rally, at `time`."""

    rally_id: Identifier
    people: People


# --- facts


class RallyStarted(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="rally_started"):
    """Somebody saw a rally begin."""

    rally_id: str
    author: str


class RallyEnded(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="rally_ended"):
    """Somebody saw a rally end."""

    rally_id: str
    author: str


class AttendanceCounted(
    FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="attendance_counted"
):
    """A head count at a rally; further ones stand beside it."""

    rally_id: str
    people: int
    author: str
