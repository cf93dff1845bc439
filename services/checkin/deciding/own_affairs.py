"""What posts say of themselves, as far as deciding needs it: closings, watches, polls. All sorted by time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct, field

from pamwal.contracts.persons import officer_key


class Closing(NamedTuple):
    """A post's part of a day was closed, or opened again."""

    at_ms: int
    fact_id: str
    closes: bool
    recorded_ms: int
    zone: str


class Handed(NamedTuple):
    """One asked another to take the watch."""

    at_ms: int
    fact_id: str
    to: str


class Answered(NamedTuple):
    """Somebody answered."""

    at_ms: int
    fact_id: str
    taken: bool
    persons: tuple[str, ...]
    """What he may be called, by `officer_key`: who the token was issued to, and its officer."""


class Watch(Struct):
    """One handover: everything said under its id."""

    handed: list[Handed] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)

    @property
    def waits(self) -> bool:
        """True if it was handed over and who is to take over has not answered."""
        return bool(self.handed) and not any(
            officer_key(self.handed[0].to) in each.persons for each in self.answers
        )


class Started(NamedTuple):
    """A poll began."""

    at_ms: int
    fact_id: str
    post: str
    ends_ms: int


class Ended(NamedTuple):
    """A poll was ended."""

    at_ms: int
    fact_id: str
    post: str


class Poll(Struct):
    """One poll: everything said under its id."""

    started: list[Started] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    acked: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Officer (`officer_key`) → (fact id, post) of the answers, sorted."""

    def runs(self, post: str, now_ms: int) -> bool:
        """True if that post began it and neither its window nor the post has ended it."""
        if not self.started or self.started[0].post != post:
            return False
        first = self.started[0]
        ends = [each.at_ms for each in self.ended if each.post == post and each.at_ms >= first.at_ms]
        return first.at_ms <= now_ms < min([first.ends_ms, *ends])


class OwnAffairs(Struct):
    """All of one post."""

    closings: dict[str, list[Closing]] = field(default_factory=dict)
    """Local day → what was said of it."""
    watches: dict[str, Watch] = field(default_factory=dict)
    officers: dict[str, str] = field(default_factory=dict)
    """Whom it ever checked in, by `officer_key`; each as it was first written."""
    day_numbers: dict[str, dict[int, str]] = field(default_factory=dict)
    """Zone → number of a local day since 1970 → the day, of those that `closings` has."""
    beat_ms: int = 0
    """When its latest heartbeat was."""


def closed_by(closings: Iterable[Closing]) -> Closing | None:
    """The first closing since the day was last opened again; None if it is open."""
    standing: Closing | None = None
    for each in closings:
        if not each.closes:
            standing = None
        elif standing is None:
            standing = each
    return standing
