"""Posts: that they are there, and what they have sent."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pamwal.contracts.envelope import RequestData, Sequence, Source
from pamwal.contracts.field.terms import FieldFactBase

# --- requests


class Heartbeat(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """A post is there: the highest number each of its sources gave out, and how many requests wait there."""

    highest: dict[Source, Sequence] = {}
    queue_length: Annotated[int, Meta(ge=0, le=10_000_000)] = 0


# --- facts


class HeartbeatHeard(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="heartbeat_heard"):
    """A post was there."""

    postid: str
    highest: dict[str, int] = {}
    queue_length: int = 0
