"""Operations and those below them, live: counts of each are kept, and made again when something changed.

A family may lie in all partitions. Who lies below whom a replica of one shard knows, too; which of them it
does not fold, and what else it cannot see, it says.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from pamwal.contracts.claims import MODES, Claims, Mode
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.parents import ParentOf, above, reads_below
from pamwal.contracts.reporting import Sight
from pamwal.contracts.rolled_up import OperationRow, RolledUp, Unseen
from services.reporting.live import LivePicture
from services.reporting.picture.family import Family, Place, parent_of, parents_of, place_of
from services.reporting.views.own_counts import KeptCounts, OwnCounts
from services.reporting.views.rolled_up import children_of, rolled_up

FRESH_S: Final = 5.0
"""So long counts serve that nothing changed but the clock."""
AT_ONCE_S: Final = 0.05
"""So long counting may hold everything else up."""
WITHIN_S: Final = 10.0
"""So long a read waits for the counts of a family."""
Key = tuple[Mode, str]


class Kept(NamedTuple):
    """Counts of one operation, what they were made by, and when, by this process's own clock."""

    counts: OwnCounts
    by: KeptCounts
    made_s: float


class Seen(NamedTuple):
    """An operation's children, and all of it together."""

    children: list[OperationRow]
    rolled_up: RolledUp | None


class Families:
    """Who lies below whom in one replica, and what they count."""

    def __init__(self, live: LivePicture) -> None:
        self._live = live
        self._places: dict[Mode, dict[str, Place]] = {mode: {} for mode in MODES}
        self._family: dict[Mode, Family] = {mode: Family({}) for mode in MODES}
        self._ever: dict[Mode, dict[str, set[str]]] = {mode: {} for mode in MODES}
        """Operation → those that name it their parent, or once did."""
        self._kept: dict[Key, Kept] = {}
        self._changed: set[str] = set()
        """Operations whose counts are old."""
        self._untold: set[str] = set()

    def take_changed(self) -> set[str]:
        """Operations of which something new was folded since this was last called."""
        self._hear()
        told, self._untold = self._untold, set()
        return told

    def children(self, operation_id: str, mode: Mode) -> list[str]:
        """The operations that it counts, by id."""
        self._hear()
        return self._family[mode].children(operation_id)

    def ever_below(self, operation_id: str, mode: Mode) -> list[str]:
        """All that lie below it or once did, near ones first, each once."""
        self._hear()
        return _reached(operation_id, lambda each: self._ever[mode].get(each, ()))

    def ever_above(self, operation_id: str, mode: Mode) -> list[str]:
        """The parents that it names or once named, and those of these, near ones first, each once."""
        self._hear()

        def parents(name: str) -> Iterable[str]:
            picture = self._live.standing(name, mode)
            return () if picture is None else parents_of(picture)

        return _reached(operation_id, parents)

    def above(self, operation_id: str, mode: Mode) -> Iterator[str]:
        """The parent an operation names and those above that: what changes may concern their roll-ups."""
        return above(operation_id, self._parent_of(mode))

    def within(self, claims: Claims, operation_id: str) -> bool:
        """Whether a token may read an operation because it lies below its own.

        HttpProblem 503 while that is not known here.
        """
        if reads_below(claims, operation_id, self._parent_of(claims.mode)):
            return True
        self._live.mode_of([operation_id, *self.above(operation_id, claims.mode)][-1])
        return False

    def look(self, operation_id: str, mode: Mode, sight: Sight, *, within_s: float = AT_ONCE_S) -> Seen:
        """What is known now, having counted for so long what is old, the oldest first."""
        self._hear()
        family = self._family[mode]
        members = [operation_id, *family.below(operation_id)]
        apart = len(members) == 1 and not family.asking(operation_id)
        if apart and family.counts_in_parent(operation_id) and family.orphan(operation_id) is None:
            return Seen([], None)
        self._count(mode, members, within_s)
        hidden = list(self._unseen(mode, members))
        missing = {each.operation_id for each in hidden}
        counts = {name: self._kept[mode, name].counts for name in members if name not in missing}
        # the parent that does not count it may be a member, and counted, where they are each other's parents
        unseen = [*hidden, *_not_admitted(operation_id, family), *self.unread()]
        return Seen(
            children_of(operation_id, family, counts),
            rolled_up(operation_id, family, counts, unseen, sight),
        )

    async def freshen(self, operation_id: str, mode: Mode) -> None:
        """Counts what is old now, each once, while others have their turn; until patience ends."""
        self._hear()
        began_s, below = time.monotonic(), self._family[mode].below(operation_id)
        waiting = [operation_id, *below] if below else []
        while waiting and time.monotonic() < began_s + WITHIN_S:
            waiting = [name for name in self._old(mode, waiting) if self._made_s(mode, name) < began_s]
            self._count(mode, waiting, AT_ONCE_S)
            await asyncio.sleep(0)

    def _parent_of(self, mode: Mode) -> ParentOf:
        return lambda name: parent_of(self._live.standing(name, mode))

    def _hear(self) -> None:
        changed = self._live.take_changed()
        self._changed |= changed
        self._untold |= changed
        for mode in MODES:
            self._place(mode, changed)

    def _place(self, mode: Mode, changed: Iterable[str]) -> None:
        places, moved = self._places[mode], False
        for name in changed:
            picture = self._live.standing(name, mode)
            charter = None if picture is None else picture.charter
            if picture is None or charter is None or charter.mode != mode:
                continue
            place = place_of(charter)
            if places.get(name) != place:
                places[name], moved = place, True
            for parent in parents_of(picture):
                self._ever[mode].setdefault(parent, set()).add(name)
        if moved:
            self._family[mode] = Family(places)

    def _count(self, mode: Mode, members: Iterable[str], within_s: float) -> None:
        """At least one, if any is old."""
        until_s = time.monotonic() + within_s
        for name in sorted(self._old(mode, members), key=lambda name: self._made_s(mode, name)):
            try:
                picture = self._live.operation(name, mode)
            except HttpProblem:  # it is being folded, or its part of a snapshot read again: not counted yet
                continue
            if picture is not None:
                kept = self._kept.get((mode, name))
                by = kept.by if kept is not None and kept.by.picture is picture else KeptCounts(picture)
                counts = by.at(self._live.now(picture), self._live.vector_of(name))
                self._kept[mode, name] = Kept(counts, by, time.monotonic())
                self._changed.discard(name)
            if time.monotonic() >= until_s:
                return

    def _old(self, mode: Mode, members: Iterable[str]) -> Iterator[str]:
        fresh_s = time.monotonic() - FRESH_S
        for name in members:
            old = name in self._changed or self._made_s(mode, name) < fresh_s
            if old and self._why_unseen(name, mode) is None:
                yield name

    def _made_s(self, mode: Mode, name: str) -> float:
        kept = self._kept.get((mode, name))
        return float("-inf") if kept is None else kept.made_s

    def _unseen(self, mode: Mode, members: Iterable[str]) -> Iterator[Unseen]:
        for name in members:
            found = self._why_unseen(name, mode)
            if found is None and (mode, name) not in self._kept:
                found = (
                    Unseen(operation_id=name, why="it is not counted yet; ask again", code="not_counted")
                    if name in self._places[mode]
                    else Unseen(operation_id=name, why=f"nobody has opened it as {mode}", code="not_opened")
                )
            if found is not None:
                yield found

    def _why_unseen(self, name: str, mode: Mode) -> Unseen | None:
        if not self._live.hides:
            return None
        try:
            self._live.operation(name, mode)
        except HttpProblem as error:
            return Unseen(operation_id=name, why=str(error), code=error.code)
        return None

    def unread(self) -> Iterator[Unseen]:
        """What may hide operations of which nothing is known here."""
        for why in self._live.stopped():
            told = f"{why}: an operation opened behind that is not known here"
            yield Unseen(operation_id=None, why=told, code="halted")


def _reached(operation_id: str, next_to: Callable[[str], Iterable[str]]) -> list[str]:
    """All that one step after the other leads to, near ones first, each once; not the operation itself."""
    met, found, level = {operation_id}, list[str](), [operation_id]
    while level:
        level = sorted({name for each in level for name in next_to(each)} - met)
        met.update(level)
        found += level
    return found


def _not_admitted(operation_id: str, family: Family) -> Iterator[Unseen]:
    """The parent it names, where that was opened and does not count it."""
    parent = family.parents.get(operation_id)
    if parent in family.parents and not family.counts_in_parent(operation_id):
        why = f"{operation_id} names it its parent and is not counted there, because it is not admitted"
        yield Unseen(operation_id=parent, why=why, code="not_admitted")
