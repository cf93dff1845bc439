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


def book(bookings: list[Booking], booking: Booking) -> None:
    """Puts one in its place."""
    insort(bookings, booking)


def release(bookings: list[Booking], booking: Booking) -> None:
    """Takes one out. ValueError if it is not there: then facts and index have parted."""
    index = bisect_left(bookings, booking)
    if index == len(bookings) or bookings[index] != booking:
        raise ValueError(f"no booking {booking} to release")
    del bookings[index]
