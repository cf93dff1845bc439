"""The check-ins and check-outs of an operation as they arrived: those of an hour are found at once. Pure.

They stand in the order of the log, which is nearly that in which edges had them: what is not, is noted while
it is folded. So a look finds by bisection what it needs, and does not read the rest.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left

from msgspec.structs import replace

from services.reporting.picture.behind import ascending
from services.reporting.picture.presences import FactKey, Told


class Arrived:
    """Every one of them, with the request that told it."""

    __slots__ = ("_behind", "_heard_at", "_odd", "in_order", "of_officer", "renamed", "reports")

    def __init__(self) -> None:
        self.of_officer: dict[str, dict[FactKey, Told]] = {}
        """Each once."""
        self.reports: list[Told] = []
        self.renamed = 0
        """How often officers of whom something had arrived got another id."""
        self.in_order = True
        """By the offsets of their requests, each once."""
        self._heard_at = ""
        """The latest moment at which an edge had one of them."""
        self._behind, self._odd = array("q"), array("q")
        """The places of those that an edge had before one before them; of those whose time is not exact."""

    def add(self, post_id: str, told: Told) -> None:
        """Takes the next one of a post up, in whatever order and however often."""
        fact, request = told
        known, reports = self.of_officer.get(fact.officer_id), self.reports
        again = known is not None and (post_id, fact.id) in known
        if again or (reports and request.offset < reports[-1][1].offset):
            self.in_order = False
        self.take(post_id, told)

    def take(self, post_id: str, told: Told) -> None:
        """The same of the next one in the log."""
        fact, reports = told[0], self.reports
        known = self.of_officer.get(fact.officer_id)
        if known is None:
            known = self.of_officer[fact.officer_id] = {}
        known[post_id, fact.id] = told
        heard_at = fact.recorded_at
        if heard_at >= self._heard_at:
            self._heard_at = heard_at
        else:
            self._behind.append(len(reports))
        if fact.precision != "exact":
            self._odd.append(len(reports))
        reports.append(told)

    def rename(self, officer_id: str, written: str) -> None:
        """What arrived of one officer is of that id from now on."""
        own = self.of_officer.pop(officer_id, None)
        if own is None:
            return
        self.renamed += 1
        again = {id(told): (replace(told[0], officer_id=written), told[1]) for told in own.values()}
        self.of_officer[written] = {key: again[id(told)] for key, told in own.items()}
        self.reports = [again.get(id(told)) or _under(told, officer_id, written) for told in self.reports]

    def before(self, offset: int) -> int:
        """How many stand before an offset, if they are in order."""
        return bisect_left(self.reports, offset, key=_offset)

    def last(self, offset: int) -> int:
        """The last offset below that one; -1 if there is none."""
        if self.in_order:
            upto = self.before(offset)
            return _offset(self.reports[upto - 1]) if upto else -1
        return max((at for at in map(_offset, self.reports) if at < offset), default=-1)

    def heard_since(self, instant: str) -> int:
        """The place before which edges had all of them before that Instant."""
        behind, reports = self._behind, self.reports
        if not behind:
            return bisect_left(reports, instant, key=_heard_at)
        return bisect_left(
            range(len(reports)), instant, key=lambda each: _heard_at(reports[ascending(behind, each + 1) - 1])
        )

    def odd(self, start: int, upto: int) -> set[str]:
        """Of whom those in [start, upto) tell whose time is not exact."""
        places = self._odd[bisect_left(self._odd, start) : bisect_left(self._odd, upto)]
        return {self.reports[place][0].officer_id for place in places}


def _under(told: Told, officer_id: str, written: str) -> Told:
    """What was folded more than once stands here more often than once."""
    fact, request = told
    return told if fact.officer_id != officer_id else (replace(fact, officer_id=written), request)


def _offset(told: Told) -> int:
    return told[1].offset


def _heard_at(told: Told) -> str:
    return told[0].recorded_at
