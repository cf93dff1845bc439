"""Operations and those below them as of a moment: each from its own partition, by what was known there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from msgspec.structs import replace

from pamwal.contracts.claims import Mode
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.parents import above
from pamwal.contracts.reporting import Sight
from pamwal.contracts.rolled_up import Unseen
from services.reporting.earlier import Earlier
from services.reporting.families import Seen
from services.reporting.live import LivePicture
from services.reporting.picture.family import Family, parent_of
from services.reporting.views.own_counts import OwnCounts, own_counts
from services.reporting.views.rolled_up import children_of, rolled_up


class EarlierFamilies:
    """Looks at all of a family by the same `at` and `known`."""

    def __init__(self, live: LivePicture, earlier: Earlier) -> None:
        self._live, self._earlier = live, earlier

    async def look(
        self, operation_id: str, mode: Mode, sight: Sight, *, at: str, known: str | None, day: str | None
    ) -> Seen:
        """The family as it was, of the local `day` in each operation's own zone (default: that of `at`),
        counted one by one while others have their turn.

        An operation of which nothing was known then is no part of it; one that cannot be looked at so is
        named, and why: a vector, for one, has to name the partition of each.
        """
        operations = self._live.pictures.of[mode].operations
        parents: dict[str, str | None] = {}
        for name in above(operation_id, lambda each: parent_of(operations.get(each))):
            ancestor = operations.get(name)
            if ancestor is not None and ancestor.charter is not None:
                parents[name] = ancestor.charter.parent
        counts: dict[str, OwnCounts] = {}
        unseen: list[Unseen] = []
        settled = True
        for name in [operation_id, *self._ever_below(operation_id, mode)]:
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

    def _ever_below(self, operation_id: str, mode: Mode) -> Iterator[str]:
        """Those that name it, or one below it, their parent, or once did; each once."""
        named: dict[str, set[str]] = {}
        for name, picture in self._live.pictures.of[mode].operations.items():
            for fact in picture.planned.operation.values():
                parent = getattr(fact, "parent", None)
                if parent is not None:
                    named.setdefault(parent, set()).add(name)
        met, level = {operation_id}, [operation_id]
        while level:
            level = sorted({child for each in level for child in named.get(each, ())} - met)
            met.update(level)
            yield from level
