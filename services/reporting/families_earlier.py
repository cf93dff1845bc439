"""Operations and those below them as of a moment: each from its own partition, by what was known there."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Final, Generic, NamedTuple, TypeVar

from msgspec.structs import replace

from pamwal.contracts.claims import Mode
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.parents import above
from pamwal.contracts.reporting import Sight
from pamwal.contracts.rolled_up import Unseen
from services.reporting.earlier import Earlier, Look, Meant
from services.reporting.families import Families, Seen
from services.reporting.live import LivePicture
from services.reporting.picture import OperationPicture
from services.reporting.picture.charter import Charter
from services.reporting.picture.family import Family, Place, place_of
from services.reporting.views.own_counts import OwnCounts, own_counts
from services.reporting.views.rolled_up import children_of, rolled_up

T = TypeVar("T")
OFFICERS_KEPT: Final = 200_000
"""In counts of earlier moments that are kept: about 100 bytes each, and their orders if others now."""


class Walked(NamedTuple, Generic[T]):
    """What was taken of each operation of a family, and who lay below whom."""

    family: Family
    found: dict[str, T]
    """By id; also of operations that lay elsewhere then."""
    unseen: list[Unseen]
    settled: bool


class Read(NamedTuple, Generic[T]):
    """What was taken of one operation, and what it said then of those above and below it."""

    place: Place
    taken: T


class Counted(NamedTuple):
    """What counts are of: the same facts at the same moment count the same for ever."""

    operation_id: str
    mode: Mode
    at: str
    day: str | None
    told: tuple[int | None, ...]
    """The last decision of the operation that was known, in each decisions topic."""


class EarlierCounts:
    """Counts that were asked for, the last used last; the first go when too many officers are in them."""

    def __init__(self, most: int = OFFICERS_KEPT) -> None:
        self._most, self._officers = most, 0
        self._kept: OrderedDict[Counted, Read[OwnCounts]] = OrderedDict()

    def get(self, key: Counted) -> Read[OwnCounts] | None:
        """What was kept."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: Counted, of: Read[OwnCounts]) -> None:
        """Keeps them; officers who count alike share how they do."""
        same = {part: part for part in of.taken.parts}
        officers = {name: same[part] for name, part in of.taken.officers.items()}
        self._kept[key] = of._replace(taken=replace(of.taken, officers=officers))
        self._officers += len(officers)
        while self._officers > self._most and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            self._officers -= len(gone.taken.officers)


class EarlierFamilies:
    """Looks at all of a family by the same `at` and `known`."""

    def __init__(self, live: LivePicture, earlier: Earlier, families: Families) -> None:
        self._live, self._earlier, self._families = live, earlier, families
        self._counts = EarlierCounts()

    async def look(
        self, operation_id: str, mode: Mode, sight: Sight, *, at: str, known: str | None, day: str | None
    ) -> Seen:
        """The family as it was, of the local `day` in each operation's own zone (default: that of `at`),
        counted one by one while others have their turn.

        An operation of which nothing was known then is no part of it; one that cannot be looked at so is
        named, and why: a vector, for one, has to name the partition of each.
        """
        walked = await self._walk(operation_id, mode, at, known, partial(self._counted, day))
        if walked is None:
            return Seen([], None)
        counts = walked.found
        found = rolled_up(operation_id, walked.family, counts, walked.unseen, sight)
        if found is not None and known is not None:
            found = replace(found, settled=walked.settled)
        return Seen(children_of(operation_id, walked.family, counts), found)

    async def walk(
        self, operation_id: str, mode: Mode, at: str | None, known: str | None, take: Callable[[Look], T]
    ) -> Walked[T] | None:
        """What `take` makes of each of the family as it was, or now; None where it has nobody else in it."""

        def read(meant: Meant) -> Read[T] | None:
            look = self._earlier.picture(meant)
            charter = opened(look.picture, meant.mode)
            return None if charter is None else Read(place_of(charter), take(look))

        return await self._walk(operation_id, mode, at, known, read)

    async def _walk(
        self,
        operation_id: str,
        mode: Mode,
        at: str | None,
        known: str | None,
        read: Callable[[Meant], Read[T] | None],
    ) -> Walked[T] | None:
        places = self._places_above(operation_id, mode)
        below = self._families.ever_below(operation_id, mode)
        orphaned = not places.keys() >= set(self._families.ever_above(operation_id, mode))
        if not (below or orphaned):
            return None
        unseen = list(self._families.unread())
        found: dict[str, T] = {}
        settled = True
        for name in [operation_id, *below]:
            try:
                meant = self._earlier.meant(name, mode, at, known)
                one = read(meant)
            except HttpProblem as error:
                if error.status != 404:
                    unseen.append(Unseen(operation_id=name, why=str(error), code=error.code))
                    self._place_now(name, mode, places)
                continue
            if one is not None:
                places[name], found[name] = one
                settled = settled and meant.settled
            await asyncio.sleep(0)
        family = Family(places)
        return Walked(family, found, _of_members(unseen, operation_id, family), settled)

    def _counted(self, day: str | None, meant: Meant) -> Read[OwnCounts] | None:
        """What one operation counted; as it was counted before, where nothing else was known of it then."""
        told = self._live.history.told(meant.operation_id, meant.mode, meant.end)
        key = Counted(meant.operation_id, meant.mode, meant.at, day, told)
        kept = self._counts.get(key)
        if kept is not None:
            return kept._replace(taken=replace(kept.taken, vector=meant.vector))
        look = self._earlier.picture(meant)
        charter = opened(look.picture, meant.mode)
        if charter is None:
            return None
        read = Read(place_of(charter), own_counts(look.picture, look.at, look.vector, day))
        self._counts.keep(key, read)
        return read

    def _places_above(self, operation_id: str, mode: Mode) -> dict[str, Place]:
        """Those that are or once were above it and were opened, each with what it says now."""
        found: dict[str, Place] = {}
        for name in self._families.ever_above(operation_id, mode):
            self._place_now(name, mode, found)
        return found

    def _place_now(self, name: str, mode: Mode, places: dict[str, Place]) -> None:
        """Where one lies now, so that what lies below it has its place."""
        picture = self._live.standing(name, mode)
        if picture is not None and picture.charter is not None:
            places[name] = place_of(picture.charter)


def _of_members(unseen: list[Unseen], operation_id: str, family: Family) -> list[Unseen]:
    """Without those that name it, or one below it, their parent and are not counted there."""
    members = {operation_id, *family.below(operation_id)}

    def is_member(name: str | None) -> bool:
        return name is None or name in members or operation_id not in above(name, family.parents.get)

    return [each for each in unseen if is_member(each.operation_id)]


def opened(picture: OperationPicture, mode: Mode) -> Charter | None:
    """What it was opened as, if it was in that mode."""
    charter = picture.charter
    return charter if charter is not None and charter.mode == mode else None
