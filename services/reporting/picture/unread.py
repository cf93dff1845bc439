"""Answers to requests that a ledger has not read yet: one byte each, while a replica begins. Pure.

The log of decisions is read first, so that millions of answers wait for their requests. Each is counted in
the file of its request as soon as that is read; the few that find none are looked up in the log by then.
"""

from __future__ import annotations

from itertools import product
from typing import Final, NamedTuple, get_args

from pamwal.contracts.claims import MODES, Mode
from pamwal.contracts.envelope import Outcome


class Answer(NamedTuple):
    """How a request was decided, and the mode of who asked."""

    outcome: Outcome
    mode: Mode | None


WAYS: Final = (None, *(Answer(*each) for each in product(get_args(Outcome), (None, *MODES))))
"""By the byte that stands for it; 0 stands for none."""
WAY_OF: Final[dict[tuple[Outcome, Mode | None], int]] = {
    way: byte for byte, way in enumerate(WAYS) if way is not None
}


class Unread:
    """The answers of one partition. Numbers of requests are counted from 1."""

    __slots__ = ("_first", "_ways")

    def __init__(self) -> None:
        self._first = 0
        self._ways = bytearray()

    def add(self, first: int, ways: bytes) -> None:
        """Answers to requests from `first` on, one behind the other; behind all that were added before."""
        if not self._ways:
            self._first = first
        self._ways.extend(bytes(first - self._first - len(self._ways)))
        self._ways.extend(ways)

    def pop(self, number: int) -> Answer | None:
        """Takes the answer to a request away; None if none waits."""
        place = number - self._first
        if not 0 <= place < len(self._ways):
            return None
        way, self._ways[place] = self._ways[place], 0
        return WAYS[way]

    def numbers(self) -> list[int]:
        """The requests whose answers still wait."""
        return [self._first + place for place, way in enumerate(self._ways) if way]
