"""Which whole numbers were seen, as ranges: telling what is new, and what is missing, whatever the order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final

from pamwal.contracts.ledger import Gap

SOURCES_MAX: Final = 2_000
"""Of how many devices of one post the numbers are watched. A sender names its device as it likes: none may
make a state grow without end. No post has so many; where one does, that is said."""
JUMP_MAX: Final = 10_000
"""More numbers than this between two that came are a jump, and none of them is missing. Senders number as
they like, and no device gives out so many before one arrives; a whole batch has as many."""


class Numbers:
    """A set of whole numbers. Dense runs cost nothing; each hole costs one range more."""

    __slots__ = ("_firsts", "_lasts", "ascended")

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        self.ascended = True
        """Each number that was added and not there already was higher than all before it."""

    def __eq__(self, other: object) -> bool:
        """The same numbers were added, in whatever order."""
        if not isinstance(other, Numbers):
            return NotImplemented
        return (self._firsts, self._lasts) == (other._firsts, other._lasts)

    __hash__ = None  # type: ignore[assignment]

    def packed(self) -> list[list[int]]:
        """The ranges' firsts and lasts, for a snapshot."""
        return [self._firsts, self._lasts]

    @classmethod
    def unpacked(cls, found: list[list[int]]) -> Numbers:
        """What was `packed`."""
        numbers = cls()
        numbers._firsts, numbers._lasts = found
        numbers.ascended = False  # nobody knows
        return numbers

    @classmethod
    def of_runs(cls, runs: Iterable[range]) -> Numbers:
        """The set of numbers that follow each other in runs, in any order and overlapping as they like."""
        numbers = cls()
        firsts, lasts = numbers._firsts, numbers._lasts
        for run in sorted(filter(None, runs), key=lambda run: run.start):
            if lasts and run.start <= lasts[-1] + 1:
                lasts[-1] = max(lasts[-1], run[-1])
            else:
                firsts.append(run.start)
                lasts.append(run[-1])
        return numbers

    def upto(self, highest: int) -> Numbers:
        """Those that are not higher."""
        numbers = Numbers()
        at = bisect_right(self._firsts, highest)
        numbers._firsts, numbers._lasts = self._firsts[:at], self._lasts[:at]
        if at and numbers._lasts[-1] > highest:
            numbers._lasts[-1] = highest
        return numbers

    def __contains__(self, number: int) -> bool:
        """True if that number was added."""
        at = bisect_right(self._firsts, number)
        return at > 0 and number <= self._lasts[at - 1]

    def add(self, number: int) -> bool:
        """Adds a number; False if it was there already."""
        firsts, lasts = self._firsts, self._lasts
        if lasts and lasts[-1] == number - 1:  # the next one: nearly always
            lasts[-1] = number
            return True
        at = bisect_right(firsts, number)
        if at and number <= lasts[at - 1]:
            return False
        if at < len(firsts):
            self.ascended = False
        follows = at > 0 and lasts[at - 1] == number - 1
        precedes = at < len(firsts) and firsts[at] == number + 1
        if follows and precedes:
            lasts[at - 1] = lasts.pop(at)
            firsts.pop(at)
        elif follows:
            lasts[at - 1] = number
        elif precedes:
            firsts[at] = number
        else:
            firsts.insert(at, number)
            lasts.insert(at, number)
        return True

    def add_run(self, run: range) -> None:
        """Adds numbers that follow each other; best where they follow the highest."""
        if run and self._lasts and self._lasts[-1] == run.start - 1:
            self._lasts[-1] = run[-1]
            return
        for number in run:
            self.add(number)

    @property
    def count(self) -> int:
        """How many numbers were added."""
        return sum(self._lasts) - sum(self._firsts) + len(self._firsts)

    @property
    def highest(self) -> int:
        """The highest number added; 0 if there is none."""
        return self._lasts[-1] if self._lasts else 0

    @property
    def lowest(self) -> int:
        """The lowest number added; 0 if there is none."""
        return self._firsts[0] if self._firsts else 0

    def lost(self, up_to: int) -> list[Gap]:
        """The `gaps` without jumps; of a jump beyond `up_to`, the part up to there if it is no jump."""
        found = []
        for gap in self.gaps(up_to):
            last = gap.last if gap.last - gap.first < JUMP_MAX else min(gap.last, up_to)
            if gap.first <= last < gap.first + JUMP_MAX:
                found.append(Gap(first=gap.first, last=last))
        return found

    def gaps(self, up_to: int) -> list[Gap]:
        """The ranges missing between 1 and `up_to` or the highest number, whichever is higher."""
        missing: list[Gap] = []
        next_number = 1
        for first, last in zip(self._firsts, self._lasts, strict=True):
            if first > next_number:
                missing.append(Gap(first=next_number, last=first - 1))
            next_number = max(next_number, last + 1)
        if next_number <= up_to:
            missing.append(Gap(first=next_number, last=up_to))
        return missing
