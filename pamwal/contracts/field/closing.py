"""A post's own day: its part closed and opened again, and the watch handed over from person to person."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

from pamwal.contracts.envelope import Identifier, RequestData
from pamwal.contracts.field.terms import FieldFactBase
from pamwal.contracts.persons import PersonalRef, PersonalWords
from pamwal.contracts.scheduling import Day
from pamwal.contracts.zones import Zone

OPEN_LISTED_MAX: Final = 500
"""Of each kind of open item that a closing names; how many more there are is said."""
INCIDENTS_LISTED_MAX: Final = 10_000
"""Incidents are named, all of them: so many stand in one decision, and no day of a post has more."""
Person = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=r"^\S+(?!\n)$",
        description="an officer's id, or the name a token was issued to; no space",
    ),
]
WatchAnswer = Literal["taken", "declined"]

# --- requests


class ClosePost(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """A post has told its part of a local day. What comes after is kept, and marked."""

    day: Day
    zone: Zone = "Asia/Makassar"
    """In which the day runs from midnight to midnight."""


class ReopenPost(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """A post has more to tell of a day that it closed."""

    day: Day
    zone: Zone = "Asia/Makassar"


class HandOverWatch(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """One person hands the watch of a post to another, at `time`; it passes once the other confirms.

    Who asks is who hands over. Free text is about persons: the edge keeps it apart and sets `text_ref`.
    """

    watch_id: Identifier
    """A new one for each handover of the post."""
    from_: Person = field(name="from")
    to: Person
    open_items: Annotated[
        list[Identifier], Meta(max_length=100, description="ids of incidents, polls, rallies still open")
    ] = []
    text: PersonalWords | None = None
    text_ref: PersonalRef | None = None


class ConfirmWatch(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Who is to take over says that he does, or that he does not."""

    watch_id: Identifier
    answer: WatchAnswer = "taken"


# --- facts


class OpenItems(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a post's own reports leave open, as far as it was known, by id.

    Incidents are named to 10,000, all else to 500; `unnamed` says how many of which kind are not named.
    """

    officers: list[str] = []
    """Checked in and not out."""
    incidents: list[str] = []
    """Reported by the post, also as a witness or under a duplicate, or assigned to it; neither closed nor
    unfounded, nor said to be the same as another."""
    watches: list[str] = []
    """Handed over and not answered by who is to take over."""
    polls: list[str] = []
    """Running."""
    total: int = 0
    unnamed: dict[str, int] = {}
    """Kind → how many of it are open and not named here."""


class PostClosed(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="post_closed"):
    """A post has told its part of a day. `open` depends on what was known when this was decided."""

    postid: str
    day: str
    zone: str
    author: str
    open: OpenItems = OpenItems()


class PostReopened(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="post_reopened"):
    """A post has more to tell of a day."""

    postid: str
    day: str
    zone: str
    author: str


class WatchHandedOver(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="watch_handed_over"):
    """A person asked another to take the watch of a post."""

    postid: str
    watch_id: str
    from_: str = field(name="from")
    to: str
    author: str
    open_items: list[str] = []
    text_ref: PersonalRef | None = None


class WatchAnswered(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="watch_answered"):
    """Somebody answered a handover; it counts if he is who was asked."""

    postid: str
    watch_id: str
    answer: WatchAnswer
    author: str
    officer_id: str | None = None
    """The officer whose token it was, if it was one's."""
