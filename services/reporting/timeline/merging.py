"""The logs of several operations as one, a page at a time. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from pamwal.contracts.errors import WrongShape
from services.reporting.timeline.index import Key

_KEY: Final = r"([0-9]{1,15})\.([012])\.([0-9]{1,18})"
MARK: Final = re.compile(f"^{_KEY}$")
"""Where a page of one operation's log ended."""
PLACE: Final = re.compile(f"^{_KEY}/([A-Za-z0-9][A-Za-z0-9._:-]{{0,63}})$")
"""Where a page of several operations' log ended."""


class Place(NamedTuple):
    """Where an entry stands among those of all operations; of two at one key, by the operation."""

    key: Key
    operation_id: str


class Looked(NamedTuple):
    """What was found in one operation, newest first."""

    operation_id: str
    keys: list[Key]
    upto: Key | None
    """Nothing older than this was looked at; None: all of it was."""


class Merged(NamedTuple):
    """A page: where its entries stand, newest first, and where the next begins; None at the end of all."""

    places: list[Place]
    next_after: Place | None


def merged(looked: Iterable[Looked], limit: int) -> Merged:
    """The newest of all that is certain: no operation may have an entry between that was not looked at."""
    members = list(looked)
    edges = [Place(each.upto, each.operation_id) for each in members if each.upto is not None]
    edge = max(edges, default=None)
    found = sorted((Place(key, each.operation_id) for each in members for key in each.keys), reverse=True)
    certain = [place for place in found if edge is None or place >= edge]
    page = certain[:limit]
    if len(certain) > limit:
        return Merged(page, page[-1])
    return Merged(page, edge)


def after_in(operation_id: str, after: Place | None) -> Key | None:
    """Where one operation's own log goes on behind a place among all."""
    if after is None or operation_id >= after.operation_id:
        return None if after is None else after.key
    return after.key._replace(place=after.key.place + 1)


def key_of(after: str | None) -> Key | None:
    """The mark that a page of one operation's log gave. WrongShape if it is none."""
    if after is None:
        return None
    found = MARK.fullmatch(after)
    if found is None:
        raise _no_mark(after)
    return Key(*map(int, found.groups()))


def place_of(after: str | None) -> Place | None:
    """The same of several operations."""
    if after is None:
        return None
    found = PLACE.fullmatch(after)
    if found is None:
        raise _no_mark(after)
    return Place(Key(*map(int, found.groups()[:3])), found[4])


def mark_of(key: Key | None) -> str | None:
    """What `key_of` reads."""
    return None if key is None else ".".join(map(str, key))


def mark_of_place(place: Place | None) -> str | None:
    """What `place_of` reads."""
    return None if place is None else f"{mark_of(place.key)}/{place.operation_id}"


def _no_mark(after: str) -> WrongShape:
    return WrongShape(f"after: {after!r} is no `next_after` of a page; leave it out for the first")
