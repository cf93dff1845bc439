"""Presence: who was seen where, and what is taken back."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pamwal.contracts.envelope import Identifier, RequestData, Text
from pamwal.contracts.field.terms import FieldFactBase, Method, Precision
from pamwal.contracts.persons import OfficerId, PersonalRef, officer_key
from pamwal.contracts.places import PlaceRef, Point

# --- requests


class CheckIn(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """An officer is at a place; the envelope's `time` says since when."""

    officer_id: OfficerId
    place: PlaceRef
    method: Method
    precision: Precision = "exact"
    """`list`: the time is a paper list's, not the officer's."""
    position: Point | None = None


class CheckOut(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """An officer leaves a place."""

    officer_id: OfficerId
    place: PlaceRef
    method: Method
    precision: Precision = "exact"
    position: Point | None = None


class Relieve(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """One officer hands over to another at a place: in one decision one goes and the other comes."""

    officer_id: OfficerId
    """Who goes."""
    relieved_by: OfficerId
    """Who comes; another officer."""
    place: PlaceRef
    method: Method
    precision: Precision = "exact"
    position: Point | None = None


class Void(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Take back one observation: a tombstone that always wins over it. `observation` is a fact id.

    A sender must say why, in `cause`. It may be about a person: the edge keeps it apart and sets `cause_ref`.
    `post` is whose observation is meant: the sender's own, if it is left out; the head of operations, who
    takes back any post's, names one where several used the same id.
    """

    observation: Annotated[str, Meta(min_length=3, max_length=80)]
    cause: Text | None = None
    cause_ref: PersonalRef | None = None
    post: Identifier | None = None


# --- facts


class CheckedIn(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag="checked_in"):
    """Seen at a place. Planned, wrong place, distance and lateness are the picture's to say."""

    officer_id: str
    place: str
    method: Method
    precision: Precision = "exact"
    position: Point | None = None
    relieves: str | None = None
    """The officer he takes over from, if it was said so."""


class CheckedOut(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag="checked_out"):
    """Left a place."""

    officer_id: str
    place: str
    method: Method
    precision: Precision = "exact"
    position: Point | None = None
    relieved_by: str | None = None
    """The officer who took over from him, if it was said so."""


class Voided(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="voided"):
    """The named observation does not count, whenever it arrives.

    `postid` is the post that made it: ids are a post's own, and a post takes back what it said itself.
    Without it (the head of operations named none) the observation of any post is meant. `cause` stands in
    old ones only.
    """

    observation: str
    cause: str | None = None
    cause_ref: PersonalRef | None = None
    author: str
    postid: str | None = None
    officer_id: str | None = None
    """Said by an officer: of whose presence the observation is. What is of anybody else stands, whenever it
    arrives."""

    def takes_back(self, post: str, officer_id: str | None) -> bool:
        """Whether it means that post's observation; `officer_id`: of whose presence that is, or None."""
        if self.postid not in {None, post}:
            return False
        return self.officer_id is None or (
            officer_id is not None and officer_key(self.officer_id) == officer_key(officer_id)
        )
