"""The log of an operation: who did what, when it happened, and when we knew. Moments are Instants."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pamwal.contracts.claims import Role
from pamwal.contracts.knowledge import Knowledge
from pamwal.contracts.reporting import Sight

Context = Literal["scheduling", "field", "reporting"]


class ToldFact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one fact speaks of, as far as its reader may see it."""

    id: str
    type: str
    officer_id: str | None = None
    place: str | None = None
    """`rally/ID` or `site/ID`."""
    incident_id: str | None = None
    deployment_id: str | None = None
    subject: str | None = None
    """What else it names: a poll, a watch, a device, an observation, a day."""
    about: str | None = None
    """What an alert is about: `post/ID`, `rally/ID`, `deployment/ID` …"""
    severity: str | None = None
    what: str | None = None
    """An incident's kind, a step taken, a role, a method."""
    count: int | None = None
    """Of a roll call: who answered; of a head count: people."""
    taken_back: bool = False
    """Somebody took this observation back."""


class TimelineEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was asked and done: all that one decision made true."""

    at: str
    """When it happened, by the sender's clock corrected where that was off; of plans, when it was decided."""
    known_at: str
    """When it was decided."""
    context: Context
    says: str
    """The same in a few words."""
    facts_count: int
    facts: list[ToldFact]
    """The first 50 that fit what was asked for."""
    offset: int | None = None
    """Of its request: with the context's topic, where anyone finds it; None of what nobody asked for."""
    said_at: str | None = None
    """What the sender's clock showed, where it was corrected."""
    recorded_at: str | None = None
    """When an edge first had it."""
    post_id: str | None = None
    channel: str | None = None
    source: str | None = None
    actor: str | None = None
    """Who asked; not given where the request cannot be read any more."""
    role: Role | None = None
    asked: str | None = None
    """The request's type."""
    request_id: str | None = None
    cause: str | None = None
    """Why, in the words of who asked."""
    words: list[str] = []
    """What was said about it in free text, for who may read it."""
    erased: int = 0
    """How many such texts were erased."""


class Timeline(Struct, frozen=True, kw_only=True):
    """A page of the log, and the mark of the next.

    A page may hold fewer entries than asked for, none even: as long as there is a `next_after`, there may be
    more. Who sees counts only is told `counts` and no entry.
    """

    operation_id: str
    exercise: bool
    zone: str
    at: str
    vector: dict[str, int]
    knowledge: Knowledge
    sight: Sight
    entries: list[TimelineEntry]
    counts: dict[str, int] | None = None
    """Fact type → how many."""
    next_after: str | None = None
