"""The ledger as it was known earlier: which requests had been decided by then, and how. Pure.

What was not decided was not known: nothing is pending in it. What was parked stands in no picture, so that
only the ledger of now counts it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from services.reporting.picture.arrivals import NOT_ASKED, Answered, Arrivals
from services.reporting.picture.as_of import Known
from services.reporting.picture.ledger import Counts, Filed


class LedgerThen:
    """Counts by file of one operation, of what `known` names."""

    def __init__(self, arrivals: Sequence[Arrivals], known: Known) -> None:
        """`arrivals`: of either mode; a request that says none is in all of them and counted in the first."""
        self._files: dict[Filed, Counts] = {}
        for place, each in enumerate(arrivals):
            for answered, times in _answered(each, known).items():
                if answered != NOT_ASKED and (place == 0 or answered[-1] is not None):
                    self._count(answered, times)

    def files(self, _: str) -> dict[Filed, Counts]:
        """File → counts."""
        return self._files

    def keyless(self) -> Counts:
        """What stands under no operation is of no picture either."""
        return Counts()

    def _count(self, answered: Answered, times: int) -> None:
        post_id, channel, source, outcome, mode = answered
        counts = self._files.setdefault(Filed(post_id or "", channel or "", source or ""), Counts())
        counts.received += times
        counts.decide(outcome, mode, times)


def _answered(arrivals: Arrivals, known: Known) -> Counter[Answered]:
    """How often anybody had been answered how."""
    found: Counter[Answered] = Counter(_reports(arrivals, known.field))
    for strand, upto in known.of(arrivals):
        found += arrivals.answered(strand, upto)
    return found


def _reports(arrivals: Arrivals, known: int) -> Iterator[Answered]:
    """Of the reports of posts, which the picture keeps; those that stand aside as well are counted there."""
    aside = set(arrivals.field.aside)
    for post_id, heard in arrivals.picture.posts.items():
        told = heard.told
        for _, asked in islice(told.reports, told.before(known)):
            if asked.offset not in aside:
                yield post_id, asked.channel, asked.source, "accepted", asked.mode
