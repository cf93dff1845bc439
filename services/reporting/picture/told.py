"""What was told of each officer in the order of the log, so that any earlier state of it is found at once.

Pure. Beside the reports, which the picture keeps, stand a few numbers of each, made once somebody looks.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from itertools import islice

from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.instants import to_ms
from services.reporting.picture.presences import FactKey, Moment, Report, Told, is_list

Own = dict[FactKey, Told]


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
        """Twice the moment in ms, plus 1 where a clock was corrected; when it was heard. 0: not seen yet."""

    def up_to_date(self) -> OfficerTold:
        """With all that was told until now, which only grows."""
        if len(self._own) > len(self._told):
            self._extend(islice(self._own.values(), len(self._told), None))
        return self

    def _extend(self, added: Iterator[Told]) -> None:
        heard_by = self._heard_by[-1] if self._heard_by else ""
        for told in added:
            fact, request = told
            heard_by = max(heard_by, fact.recorded_at)
            self._told.append(told)
            self.offsets.append(request.offset)
            self._heard_by.append(heard_by)
            self._listed.append(is_list(fact))
        unseen = bytes(8 * (len(self._told) - len(self._happened)))
        self._happened.frombytes(unseen)
        self._heard_ms.frombytes(unseen)

    def first(self, upto: int) -> Own:
        """The first so many."""
        return dict(islice(self._own.items(), upto))

    def heard_since(self, instant: str) -> int:
        """The place before which all were heard before that Instant."""
        return bisect_left(self._heard_by, instant)

    def listed(self, start: int, upto: int) -> bool:
        """Whether a paper list told one of those in [start, upto)."""
        return 1 in self._listed[start:upto]

    def happened_ms(self, index: int) -> int:
        """When one of them happened."""
        return (self._happened[index] or self._look_at(index)) >> 1

    def moment(self, index: int) -> Moment:
        """One of them, by when it happened."""
        happened = self._happened[index] or self._look_at(index)
        fact, request = told = self._told[index]
        return Moment(
            happened >> 1,
            fact.id,
            request.postid or "",
            Report(*told),
            happened & 1 == 1,
            self._heard_ms[index],
        )

    def _look_at(self, index: int) -> int:
        fact = self._told[index][0]
        at_ms, corrected = happened_ms(fact)
        self._happened[index] = happened = 2 * at_ms + corrected
        self._heard_ms[index] = to_ms(fact.recorded_at)
        return happened


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
        told = found.up_to_date()
        return told, bisect_left(told.offsets, self._known)

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
