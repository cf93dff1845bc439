"""When what was told of officers happened, of those reports that somebody looked for. Pure."""

from __future__ import annotations

from array import array
from typing import Final, NamedTuple

from pamwal.contracts.field import CheckedIn, CheckedOut
from pamwal.contracts.field.clocks import corrected_ms
from pamwal.contracts.instants import to_ms
from services.reporting.picture.arrived import Arrived
from services.reporting.picture.presences import Moment, Report, Told

MARKS: Final = 3
"""Below a moment in ms stand so many bits: of these."""
CLOCK_OFF, OUT, PLAIN = 1, 2, 4
"""A clock was corrected to know when; he went; his own time is told, and of nobody who relieves him."""
Sighting = tuple[int, int]
"""A moment with its marks, and which report it is of."""


def mark_of(fact: CheckedIn | CheckedOut) -> int:
    """When it happened, in ms with the marks below it."""
    at_ms, corrected = corrected_ms(fact.occurred_at, fact.sent_at, fact.recorded_at)
    mark = (at_ms << MARKS) | (CLOCK_OFF if corrected else 0)
    if isinstance(fact, CheckedOut):
        return mark | OUT | (PLAIN if fact.precision == "exact" and fact.relieved_by is None else 0)
    return mark | PLAIN if fact.precision == "exact" else mark


class Sightings:
    """The marks of what arrived, each made once somebody looks for it and kept."""

    def __init__(self) -> None:
        self._marks = array("q")
        """By place; 0: not looked at yet."""

    def of_officers(
        self, arrived: Arrived, start: int, upto: int, since_ms: int, until_ms: int
    ) -> dict[str, list[Sighting]]:
        """Officer → what happened in [since_ms, until_ms], of those in [start, upto), in no order."""
        marks, reports = self._marks, arrived.reports
        if len(marks) < upto:
            marks.frombytes(bytes(marks.itemsize * (len(reports) - len(marks))))
        lowest, highest = since_ms << MARKS, (until_ms + 1) << MARKS
        found: dict[str, list[Sighting]] = {}
        for index in range(start, upto):
            mark = marks[index]
            if not mark:
                mark = marks[index] = mark_of(reports[index][0])
            if lowest <= mark < highest:
                officer_id = reports[index][0].officer_id
                own = found.get(officer_id)
                if own is None:
                    found[officer_id] = [(mark, index)]
                else:
                    own.append((mark, index))
        return found


class Seen(NamedTuple):
    """All that arrived of an operation, and when it happened."""

    arrived: Arrived
    sightings: Sightings


def moment_of(told: Told, mark: int) -> Moment:
    """A report by when it happened, by its mark."""
    fact, request = told
    return Moment(
        mark >> MARKS,
        fact.id,
        request.postid or "",
        Report(*told),
        mark & CLOCK_OFF == CLOCK_OFF,
        to_ms(fact.recorded_at),
    )
