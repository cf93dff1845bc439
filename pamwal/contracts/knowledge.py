"""What an answer about an earlier moment was made from."""

from __future__ import annotations

from msgspec import Struct


class Knowledge(Struct, frozen=True, kw_only=True):
    """What an answer knew; the vector it names says it exactly."""

    known: str
    """The moment asked for; of a vector, when the last decision in it was made; now, if nothing was asked."""
    settled: bool
    """Nothing can be decided any more that was known by then: the same question has this answer for ever."""
    posts: str
    """How complete it is, in words: `4 of 5 posts heard within 15 min`."""
