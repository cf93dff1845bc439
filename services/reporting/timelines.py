"""The logs of operations that somebody looks at, as this replica made them; the least asked for goes."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from pamwal.contracts.claims import Mode
from services.reporting.live import LivePicture
from services.reporting.picture.arrivals import Arrivals
from services.reporting.picture.history import FIELD
from services.reporting.timeline.index import Timeline

ENTRIES_MAX: Final = 300_000
"""Of all that are kept, but the last one asked for stays whatever it has: about 240 bytes each."""


class Timelines:
    """By operation and mode."""

    def __init__(self, live: LivePicture) -> None:
        self._live = live
        self._kept: OrderedDict[tuple[str, Mode], Timeline] = OrderedDict()

    def of(self, operation_id: str, mode: Mode, arrivals: Arrivals) -> Timeline:
        """What is known now, oldest first; made anew where it was not kept."""
        key = operation_id, mode
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = Timeline(arrivals)
        self._kept.move_to_end(key)
        marks = self._live.history.marks(FIELD, self._live.where.partition_of(operation_id))
        found.grow(marks.decided_ms)
        while len(self._kept) > 1 and sum(len(each.entries) for each in self._kept.values()) > ENTRIES_MAX:
            self._kept.popitem(last=False)
        return found
