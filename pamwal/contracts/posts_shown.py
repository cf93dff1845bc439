"""Command posts and accountability polls as reporting shows them. Moments are Instants."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pamwal.contracts.claims import Role
from pamwal.contracts.knowledge import Knowledge
from pamwal.contracts.ledger import Gap
from pamwal.contracts.scheduling import Day

PolledState = Literal["acked", "pending", "missed", "excused", "relieved"]


class SourceRow(Struct, frozen=True, kw_only=True):
    """One device of a post: the numbers it gave its requests."""

    source: str
    heard: int
    """How many different numbers were decided."""
    highest: int
    """The highest number decided."""
    said: int
    """The highest number its post's heartbeats say it gave out; 0 if none did."""
    missing: int
    """Without jumps: of more than 10,000 numbers in a row that did not come, none is missing."""
    gaps: list[Gap]
    """The first 20 ranges that are missing, also among the numbers used again."""
    reused: int = 0
    """Numbers that more than one request had: the device began to count anew."""


class PostRow(Struct, frozen=True, kw_only=True):
    """One command post. `listed` is False for one that speaks but that the operation does not name."""

    post_id: str
    name: str
    listed: bool
    last_heard: str | None
    silent: bool
    queue_length: int
    """Requests waiting at the post, by its newest heartbeat."""
    missing: int
    sources: list[SourceRow]
    reused: int = 0
    closed_at: str | None = None
    """Since when it has told its part of the day; None while that is open."""
    after_closing: int = 0
    """Its reports of the day that an edge had after that."""
    on_watch: str | None = None
    """Who holds its watch, if anybody handed it over; who hands over holds it until the other confirms."""
    on_watch_since: str | None = None
    """When he took it from another."""
    handing_to: str | None = None
    """Who is asked to take it over and has not answered."""
    handing_since: str | None = None
    crowded: bool = False
    """It named more than 2,000 devices: the first by name are told of, the others are not watched."""


class Posts(Struct, frozen=True, kw_only=True):
    """Completeness: `heard` of `total` listed posts were heard within `silent_post_min`."""

    heard: int
    total: int
    silent_post_min: int
    missing: int
    """Sequence numbers missing over all posts."""
    rows: list[PostRow]
    closed: int = 0
    """Listed posts that have told their part of the day."""
    crowded: bool = False
    """More than 1,000 posts spoke that the operation does not list: the first by name are told of."""


class PolledOfficer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One officer a poll asks."""

    officer_id: str
    state: PolledState
    acked_at: str | None = None
    late: bool = False
    """Accounted for after the poll was over."""
    said_as: Role | None = None
    """`officer`: by himself; else who said it for him, by the first word of it."""
    channel: str | None = None
    post_id: str | None = None


class PollRow(Struct, frozen=True, kw_only=True):
    """One poll: asked = acked + pending + missed + excused. It asks a place, a post or officers by name."""

    poll_id: str
    post_id: str
    place: str | None
    post: str | None
    starts_at: str
    due_at: str
    """When it is over: its window ends, or its post ended it."""
    running: bool
    asked: int
    acked: int
    late: int
    """Part of `acked`: accounted for after it was over."""
    pending: int
    missed: int
    unasked: int
    """Accounted for and not among the asked."""
    officers: list[PolledOfficer] = []
    """By id; on the board they are left out."""
    excused: int = 0
    """Have not answered and need not: excused from duty, or relieved before it was over."""


class Polls(Struct, frozen=True, kw_only=True):
    """The polls that began or ran on a day, and their counts together; rows by start, the newest first."""

    running: int = 0
    asked: int = 0
    acked: int = 0
    late: int = 0
    pending: int = 0
    missed: int = 0
    rows: list[PollRow] = []
    excused: int = 0


class OperationPolls(Struct, frozen=True, kw_only=True):
    """Accountability polls of one day, by what was known of what had happened at `at`."""

    operation_id: str
    day: Day
    at: str
    vector: dict[str, int]
    polls: Polls
    knowledge: Knowledge | None = None
    zone: str
    """The operation's own, to show its times in."""
