"""What was told of each officer in the order of the log, so that any earlier state of it is found at once.

Pure. Beside the reports, which the picture keeps, stand a few numbers of each, made once somebody looks.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import accumulate, islice
from operator import attrgetter
from typing import Final

from pamwal.contracts.field import CheckedOut
from pamwal.contracts.field.clocks import corrected_ms
from pamwal.contracts.instants import to_ms
from services.reporting.picture.presences import FactKey, Moment, Report, Told, is_list

Own = dict[FactKey, Told]
_OFFSET: Final = attrgetter("offset")
_RECORDED_AT: Final = attrgetter("recorded_at")
_PRECISION: Final = attrgetter("precision")


MARKS: Final = 3
"""Below a moment in ms stand so many bits: of these."""
CLOCK_OFF, OUT, PLAIN = 1, 2, 4
"""A clock was corrected to know when; he went; his own time is told, and of nobody who relieves him."""
Sighting = tuple[int, int]
"""A moment with its marks, and which report it is of."""


class OfficerTold:
    """Every report of one officer by the offset of its request."""

    __slots__ = ("_happened", "_heard_by", "_heard_ms", "_listed", "_own", "_told", "offsets")

    def __init__(self, own: Own) -> None:
        self._own = own
        self.offsets = array("q")
        self._told: list[Told] = []
        self._heard_by: list[str] = []
        """The latest moment at which an edge had one of them or of those before it."""
        self._listed = bytearray()
        """1 where a paper list told it."""
        self._happened, self._heard_ms = array("q"), array("q")
        """The moment in ms with the marks below it; when it was heard. 0: not seen yet."""

    def up_to_date(self) -> OfficerTold:
        """With all that was told until now, which only grows."""
        if len(self._own) > len(self._told):
            self._extend(list(islice(self._own.values(), len(self._told), None)))
        return self

    def _extend(self, added: list[Told]) -> None:
        facts, requests = zip(*added, strict=True)
        self._told.extend(added)
        self.offsets.extend(map(_OFFSET, requests))
        heard = accumulate(
            map(_RECORDED_AT, facts), max, initial=self._heard_by[-1] if self._heard_by else ""
        )
        self._heard_by.extend(islice(heard, 1, None))
        listed = bytearray(len(added))
        if "list" in map(_PRECISION, facts):
            listed[:] = map(is_list, facts)
        self._listed += listed
        unseen = bytes(8 * len(added))
        self._happened.frombytes(unseen)
        self._heard_ms.frombytes(unseen)

    def first(self, upto: int) -> Own:
        """The first so many."""
        return dict(islice(self._own.items(), upto))

    def heard_since(self, instant: str, upto: int | None = None) -> int:
        """The place before which all were heard before that Instant; at most `upto`."""
        return bisect_left(self._heard_by, instant, 0, upto)

    @property
    def listed_ever(self) -> bool:
        """Whether a paper list told any."""
        return 1 in self._listed

    def listed(self, start: int, upto: int) -> bool:
        """Whether a paper list told one of those in [start, upto)."""
        return 1 in self._listed[start:upto]

    def happened_ms(self, index: int) -> int:
        """When one of them happened."""
        return (self._happened[index] or self._look_at(index)) >> MARKS

    def plain(self, start: int, upto: int, place: str, since_ms: int, until_ms: int) -> list[Sighting] | None:
        """What happened in [since_ms, until_ms], of [start, upto), in order.

        None where any of it is not plain, or of another place.
        """
        found: list[Sighting] = []
        happened, told = self._happened, self._told
        for index in range(start, upto):
            mark = happened[index] or self._look_at(index)
            if since_ms <= mark >> MARKS <= until_ms:
                if not mark & PLAIN or told[index][0].place != place:
                    return None
                found.append((mark, index))
        found.sort()
        return found

    def told(self, index: int) -> Told:
        """One of them as it was told."""
        return self._told[index]

    def moment(self, index: int) -> Moment:
        """One of them, by when it happened."""
        happened = self._happened[index] or self._look_at(index)
        fact, request = told = self._told[index]
        return Moment(
            happened >> MARKS,
            fact.id,
            request.postid or "",
            Report(*told),
            happened & CLOCK_OFF == CLOCK_OFF,
            self._heard_ms[index] or self._heard(index),
        )

    def _look_at(self, index: int) -> int:
        fact = self._told[index][0]
        at_ms, corrected = corrected_ms(fact.occurred_at, fact.sent_at, fact.recorded_at)
        mark = (at_ms << MARKS) | (CLOCK_OFF if corrected else 0)
        if isinstance(fact, CheckedOut):
            mark |= OUT | (PLAIN if fact.precision == "exact" and fact.relieved_by is None else 0)
        elif fact.precision == "exact":
            mark |= PLAIN
        self._happened[index] = mark
        return mark

    def _heard(self, index: int) -> int:
        self._heard_ms[index] = heard_ms = to_ms(self._told[index][0].recorded_at)
        return heard_ms


class ToldThen(Mapping[str, Own]):
    """Officer → what was told of him before a place in the log."""

    def __init__(self, whole: Mapping[str, Own], found: dict[str, OfficerTold], known: int) -> None:
        """`found`: those that somebody looked at before; more are added."""
        self._whole, self._found, self._known = whole, found, known

    def told(self, officer_id: str) -> tuple[OfficerTold, int] | None:
        """All that was ever told of him, and how many of it were told then; None if nothing ever was."""
        found = self._found.get(officer_id)
        if found is None:
            own = self._whole.get(officer_id)
            if own is None:
                return None
            found = self._found[officer_id] = OfficerTold(own)
        if len(found._own) > len(found._told):
            found.up_to_date()
        return found, bisect_left(found.offsets, self._known)

    @property
    def everybody(self) -> AbstractSet[str]:
        """Of whom anything was ever told."""
        return self._whole.keys()

    def __getitem__(self, officer_id: str) -> Own:
        told, upto = self.told(officer_id) or (None, 0)
        if told is None or not upto:
            raise KeyError(officer_id)
        return told.first(upto)

    def __iter__(self) -> Iterator[str]:
        known = self._known
        return (
            officer_id
            for officer_id, own in self._whole.items()
            if next(iter(own.values()))[1].offset < known
        )

    def __len__(self) -> int:
        return sum(1 for _ in self)
