"""Operations and those below them as of a moment: each from its own partition, by what was known there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from msgspec.structs import replace

from pamwal.contracts.claims import Mode
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.reporting import Sight
from pamwal.contracts.rolled_up import Unseen
from services.reporting.earlier import Earlier, Look
from services.reporting.families import Families, Seen
from services.reporting.live import LivePicture
from services.reporting.picture.family import Family
from services.reporting.views.own_counts import own_counts
from services.reporting.views.rolled_up import children_of, rolled_up

T = TypeVar("T")


class Walked(NamedTuple, Generic[T]):
    """What was taken of each operation of a family, and who lay below whom."""

    family: Family
    found: dict[str, T]
    """By id; also of operations that lay elsewhere then."""
    unseen: list[Unseen]
    settled: bool


class EarlierFamilies:
    """Looks at all of a family by the same `at` and `known`."""

    def __init__(self, live: LivePicture, earlier: Earlier, families: Families) -> None:
        self._live, self._earlier, self._families = live, earlier, families

    async def look(
        self, operation_id: str, mode: Mode, sight: Sight, *, at: str, known: str | None, day: str | None
    ) -> Seen:
        """The family as it was, of the local `day` in each operation's own zone (default: that of `at`),
        counted one by one while others have their turn.

        An operation of which nothing was known then is no part of it; one that cannot be looked at so is
        named, and why: a vector, for one, has to name the partition of each.
        """
        walked = await self.walk(
            operation_id, mode, at, known, lambda look: own_counts(look.picture, look.at, look.vector, day)
        )
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
        parents = self._parents_above(operation_id, mode)
        below = self._families.ever_below(operation_id, mode)
        orphaned = not parents.keys() >= set(self._families.above(operation_id, mode))
        if not (below or orphaned):
            return None
        unseen = list(self._families.unread())
        found: dict[str, T] = {}
        settled = True
        for name in [operation_id, *below]:
            try:
                look = self._earlier.look(name, mode, at, known)
            except HttpProblem as error:
                if error.status != 404:
                    unseen.append(Unseen(operation_id=name, why=str(error)))
                continue
            charter = look.picture.charter
            if charter is not None and charter.mode == mode:
                parents[name] = charter.parent
                found[name] = take(look)
                settled = settled and look.settled
            await asyncio.sleep(0)
        return Walked(Family(parents), found, unseen, settled)

    def _parents_above(self, operation_id: str, mode: Mode) -> dict[str, str | None]:
        """Those above it that were opened, each with the parent it names now."""
        found: dict[str, str | None] = {}
        for name in self._families.above(operation_id, mode):
            picture = self._live.standing(name, mode)
            if picture is not None and picture.charter is not None:
                found[name] = picture.charter.parent
        return found
