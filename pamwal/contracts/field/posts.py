"""Posts: that they are there, and what they have sent."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pamwal.contracts.envelope import RequestData, Sequence, Source, Text
from pamwal.contracts.field.terms import FieldFactBase
from pamwal.contracts.persons import PersonalRef

# --- requests


class Heartbeat(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """A post is there: the highest number each of its sources gave out, and how many requests wait there."""

    highest: dict[Source, Sequence] = {}
    queue_length: Annotated[int, Meta(ge=0, le=10_000_000)] = 0


class ResetSource(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Numbers of a source, up to and with `up_to`, that did not come are not missing any more.

    For a device whose numbers will never come: it is broken, or it gave out numbers by mistake. A sender
    must say why, in `cause`. It may be about a person: the edge keeps it apart and sets `cause_ref`.
    """

    source: Source
    up_to: Sequence
    cause: Text | None = None
    cause_ref: PersonalRef | None = None


# --- facts


class SourceReset(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="source_reset"):
    """No number of the source up to `up_to` is missing. The newest reset of a source holds."""

    source: str
    up_to: int
    author: str
    cause_ref: PersonalRef | None = None


class HeartbeatHeard(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="heartbeat_heard"):
    """A post was there."""

    postid: str
    highest: dict[str, int] = {}
    queue_length: int = 0
