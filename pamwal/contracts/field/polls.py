"""Accountability polls (PAR): a post asks whether everybody is accounted for, and who has answered."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pamwal.contracts.claims import Role
from pamwal.contracts.envelope import Identifier, RequestData
from pamwal.contracts.field.terms import FieldFactBase
from pamwal.contracts.persons import OfficerId
from pamwal.contracts.places import PlaceRef

WindowMin = Annotated[int, Meta(ge=1, le=720, description="minutes in which to answer")]
Polled = Annotated[list[OfficerId], Meta(min_length=1, max_length=1_000, description="each officer once")]

# --- requests


class StartPoll(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """A post polls who is at a place, whom a post answers for, or some officers; exactly one of the three.

    Whom a place or a post means is the picture's to say: who is ordered there or was seen there at `time`.
    """

    poll_id: Identifier
    window_min: WindowMin
    place: PlaceRef | None = None
    post: Identifier | None = None
    officers: Polled | None = None


class AckPoll(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """An officer is accounted for, at `time`: by himself, or on his behalf by his padal or a post."""

    poll_id: Identifier
    officer_id: OfficerId


class EndPoll(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """A poll is over before its window is."""

    poll_id: Identifier


# --- facts


class PollStarted(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="poll_started"):
    """A poll began. Of several under one id the first counts, by when it happened."""

    poll_id: str
    postid: str
    author: str
    window_min: int
    place: str | None = None
    post: str | None = None
    officers: list[str] | None = None


class PollAcked(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="poll_acked"):
    """An officer is accounted for."""

    poll_id: str
    officer_id: str
    author: str
    said_as: Role
    """`officer`: by himself; else on his behalf."""


class PollEnded(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="poll_ended"):
    """A poll is over."""

    poll_id: str
    postid: str
    author: str
