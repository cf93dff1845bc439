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

from services.reporting.picture.presences import FactKey, Moment, Told, is_list
from services.reporting.picture.sightings import MARKS, Seen, Sighting, mark_of, moment_of

Own = dict[FactKey, Told]
_OFFSET: Final = attrgetter("offset")
_RECORDED_AT: Final = attrgetter("recorded_at")
_PRECISION: Final = attrgetter("precision")


class OfficerTold:
    """Every report of one officer by the offset of its request."""

    __slots__ = ("_happened", "_heard_by", "_listed", "_own", "_told", "offsets")

    def __init__(self, own: Own) -> None:
        self._own = own
        self.offsets = array("q")
        self._told: list[Told] = []
        self._heard_by: list[str] = []
        """The latest moment at which an edge had one of them or of those before it."""
        self._listed = bytearray()
        """1 where a paper list told it."""
        self._happened = array("q")
        """The moment in ms with the marks below it. 0: not seen yet."""

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
        self._happened.frombytes(bytes(8 * len(added)))

    def first(self, upto: int) -> Own:
        """The first so many."""
        return dict(islice(self._own.items(), upto))

    def heard_since(self, instant: str, upto: int | None = None) -> int:
        """The place before which all were heard before that Instant; at most `upto`."""
        return bisect_left(self._heard_by, instant, 0, upto)

    def listed(self, start: int, upto: int) -> bool:
        """Whether a paper list told one of those in [start, upto)."""
        return 1 in self._listed[start:upto]

    def happened_ms(self, index: int) -> int:
        """When one of them happened."""
        return (self._happened[index] or self._look_at(index)) >> MARKS

    def moment(self, index: int) -> Moment:
        """One of them, by when it happened."""
        return moment_of(self._told[index], self._happened[index] or self._look_at(index))

    def _look_at(self, index: int) -> int:
        self._happened[index] = mark = mark_of(self._told[index][0])
        return mark


class ToldThen(Mapping[str, Own]):
    """Officer → what was told of him before a place in the log."""

    def __init__(
        self, whole: Mapping[str, Own], found: dict[str, OfficerTold], arrived: Seen, known: int
    ) -> None:
        """`found`: those that somebody looked at before; more are added. `arrived`: all of it as it came."""
        self._whole, self._found, self._known = whole, found, known
        self._arrived, self._sightings = arrived
        self.in_order = self._arrived.in_order
        """Whether `since` and `odd_since` can tell."""
        self._upto = self._arrived.before(known) if self.in_order else 0

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

    def since(self, instant: str, since_ms: int, until_ms: int) -> dict[str, list[Sighting]]:
        """Officer → what happened in [since_ms, until_ms], in no order. `instant`: the beginning as such."""
        start = self._arrived.heard_since(instant)  # nothing happened after it was heard
        return self._sightings.of_officers(self._arrived, start, self._upto, since_ms, until_ms)

    def odd_since(self, instant: str) -> set[str]:
        """Of whom anything was heard since then whose time is not exact."""
        return self._arrived.odd(self._arrived.heard_since(instant), self._upto)

    def report(self, sighting: Sighting) -> Told:
        """What was told of a sighting."""
        return self._arrived.reports[sighting[1]]

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
