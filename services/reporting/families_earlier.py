"""Operations and those below them as of a moment: each from its own partition, by what was known there."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from pamwal.contracts.claims import Mode
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.reporting import Sight
from pamwal.contracts.rolled_up import Unseen
from services.reporting.earlier import Earlier
from services.reporting.families import Families, Seen
from services.reporting.live import LivePicture
from services.reporting.picture.family import Family
from services.reporting.views.own_counts import OwnCounts, own_counts
from services.reporting.views.rolled_up import children_of, rolled_up


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
        parents = self._parents_above(operation_id, mode)
        below = self._families.ever_below(operation_id, mode)
        orphaned = not parents.keys() >= set(self._families.above(operation_id, mode))
        if not (below or orphaned or self._families.resting(mode)):
            return Seen([], None)
        unseen = list(self._families.unread(mode))
        counts: dict[str, OwnCounts] = {}
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
                counts[name] = own_counts(look.picture, look.at, look.vector, day)
                settled = settled and look.settled
            await asyncio.sleep(0)
        family = Family(parents)
        found = rolled_up(operation_id, family, counts, unseen, sight)
        if found is not None and known is not None:
            found = replace(found, settled=settled)
        return Seen(children_of(operation_id, family, counts), found)

    def _parents_above(self, operation_id: str, mode: Mode) -> dict[str, str | None]:
        """Those above it that were opened, each with the parent it names now."""
        found: dict[str, str | None] = {}
        for name in self._families.above(operation_id, mode):
            picture = self._live.pictures.of[mode].operations.get(name)
            if picture is not None and picture.charter is not None:
                found[name] = picture.charter.parent
        return found
