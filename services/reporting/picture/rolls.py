"""Roll calls: what was last said of an officer who was called, and whether that excuses him. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pamwal.contracts.field import RollCalled
from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.field.rolls import EXCUSING
from pamwal.contracts.persons import officer_key


class Said(NamedTuple):
    """What one roll call says of one officer; sorts by when it was called."""

    at_ms: int
    fact_id: str
    post: str
    excused: bool
    """He was not there, for a cause that excuses."""


class Rolls:
    """The roll calls that stand, by officer."""

    def __init__(self, called: Iterable[tuple[str, RollCalled]]) -> None:
        """`called`: each with the post that said it."""
        self._of: dict[str, list[Said]] = {}
        """By `officer_key`."""
        for post, fact in called:
            at_ms, _ = happened_ms(fact)
            for officer_id in fact.present:
                self._say(officer_id, Said(at_ms, fact.id, post, excused=False))
            for each in fact.not_present:
                excused = each.cause in EXCUSING
                self._say(each.officer_id, Said(at_ms, fact.id, post, excused=excused))
        for own in self._of.values():
            own.sort()

    @property
    def called(self) -> bool:
        """Whether anybody was."""
        return bool(self._of)

    def excuse(self, officer_id: str, first_ms: int, before_ms: int, now_ms: int) -> bool:
        """True if the last roll call in [first_ms, before_ms) by `now_ms` that names him excuses him."""
        within = [
            said
            for said in self._of.get(officer_key(officer_id), ())
            if first_ms <= said.at_ms < before_ms and said.at_ms <= now_ms
        ]
        return bool(within) and within[-1].excused

    def next_after(self, officer_id: str, now_ms: int) -> int | None:
        """When he is next named behind `now_ms`; None if never."""
        own = self._of.get(officer_key(officer_id), ())
        return next((said.at_ms for said in own if said.at_ms > now_ms), None)

    def _say(self, officer_id: str, said: Said) -> None:
        self._of.setdefault(officer_key(officer_id), []).append(said)
