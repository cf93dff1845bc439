"""Half-open intervals of one officer in order of time: what overlaps, what lies beside, what is free.

A booking is `(starts_at, ends_at, deployment_id)`. Instants have a fixed width, so text order is time order.
Bookings of one officer never overlap, so they are in order of their ends as well, and every question is
answered from the place where a bisection lands.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence

Booking = tuple[str, str, str]


def overlapping(bookings: Sequence[Booking], starts_at: str, ends_at: str) -> Iterator[Booking]:
    """Those that share a moment with `[starts_at, ends_at)`, in order of time."""
    index = bisect_left(bookings, (starts_at,))
    if index and bookings[index - 1][1] > starts_at:
        index -= 1
    while index < len(bookings) and bookings[index][0] < ends_at:
        yield bookings[index]
        index += 1


def last_until(bookings: Sequence[Booking], moment: str) -> Booking | None:
    """The last that ends at or before `moment`."""
    index = bisect_left(bookings, (moment,))
    while index:
        index -= 1
        if bookings[index][1] <= moment:
            return bookings[index]
    return None


def starting_from(bookings: Sequence[Booking], moment: str) -> Iterator[Booking]:
    """Those that start at or after `moment`, in order of time."""
    index = bisect_left(bookings, (moment,))
    while index < len(bookings):
        yield bookings[index]
        index += 1


class Bookings:
    """Each officer's bookings in order of time. One laid over another copies those that change."""

    def __init__(self, under: Bookings | None = None) -> None:
        self._under = under
        self._own: dict[str, list[Booking]] = {}

    def of(self, officer_id: str) -> Sequence[Booking]:
        """To be read only."""
        own = self._own.get(officer_id)
        if own is None:
            return () if self._under is None else self._under.of(officer_id)
        return own

    def book(self, officer_id: str, booking: Booking) -> None:
        """Puts one in its place."""
        insort(self._changing(officer_id), booking)

    def release(self, officer_id: str, booking: Booking) -> None:
        """Takes one out. ValueError if it is not there: then facts and index have parted."""
        bookings = self._changing(officer_id)
        index = bisect_left(bookings, booking)
        if index == len(bookings) or bookings[index] != booking:
            raise ValueError(f"no booking {booking} to release")
        del bookings[index]

    def table(self) -> dict[str, list[Booking]]:
        """All of it, officer → bookings; who has none is not there."""
        own = {officer_id: list(found) for officer_id, found in self._own.items()}
        below = {} if self._under is None else self._under.table()
        return {officer_id: found for officer_id, found in (below | own).items() if found}

    def packed(self) -> dict[str, list[Booking]]:
        """All of it, for a snapshot."""
        return self.table()

    @classmethod
    def unpacked(cls, found: dict[str, list[list[str]]]) -> Bookings:
        """What was `packed`."""
        bookings = cls()
        for officer_id, own in found.items():
            bookings._own[officer_id] = [(starts_at, ends_at, name) for starts_at, ends_at, name in own]
        return bookings

    def _changing(self, officer_id: str) -> list[Booking]:
        own = self._own.get(officer_id)
        if own is None:
            own = self._own[officer_id] = [] if self._under is None else list(self._under.of(officer_id))
        return own


class AtPlace:
    """Which live deployments a place has. One laid over another keeps only what differs."""

    def __init__(self, under: AtPlace | None = None) -> None:
        self._under = under
        self._own: dict[str, dict[str, bool]] = {}
        self._more: dict[str, int] = {}

    def count(self, place: str) -> int:
        """How many."""
        return self._more.get(place, 0) + (0 if self._under is None else self._under.count(place))

    def ids(self, place: str) -> list[str]:
        """Their ids, in no order that means anything, but always the same."""
        own = self._own.get(place, {})
        below = [] if self._under is None else self._under.ids(place)
        return [each for each in below if each not in own] + [each for each, there in own.items() if there]

    def table(self) -> dict[str, list[str]]:
        """All of it, place → ids in their order; a place without any is not there."""
        below = [] if self._under is None else list(self._under.table())
        return {place: sorted(found) for place in {*below, *self._own} if (found := self.ids(place))}

    def packed(self) -> dict[str, list[str]]:
        """All of it, for a snapshot."""
        return {place: found for place in self._own if (found := self.ids(place))}

    @classmethod
    def unpacked(cls, found: dict[str, list[str]]) -> AtPlace:
        """What was `packed`."""
        at_place = cls()
        for place, ids in found.items():
            at_place._own[place] = dict.fromkeys(ids, True)
            at_place._more[place] = len(ids)
        return at_place

    def add(self, place: str, deployment_id: str) -> None:
        """One more."""
        self._own.setdefault(place, {})[deployment_id] = True
        self._more[place] = self._more.get(place, 0) + 1

    def remove(self, place: str, deployment_id: str) -> None:
        """One less."""
        own = self._own.setdefault(place, {})
        if self._under is None:
            del own[deployment_id]
        else:
            own[deployment_id] = False
        self._more[place] = self._more.get(place, 0) - 1
