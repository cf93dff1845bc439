"""What the SitRep of a parent says of itself and all below it: the sums of what it cites. Else nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pamwal.contracts.sitreps import SitRep
from services.reporting.sheets.columns import Block, cells
from services.reporting.sheets.tongues import Tongue

TOLD_MAX: Final = 40
"""Children whose rows a chat has room for."""


def below_block(says: Tongue, of: SitRep) -> Block:
    """A row for each child that is cited, with all below it; of a big family none in a chat."""
    rows = [
        [f"{each.operation_id} ({each.rolled_up.counts.operations})", *cells(each.rolled_up.counts)]
        for each in of.children or ()
        if each.rolled_up is not None
    ]
    return Block(columns=[says.operation, *says.columns], rows=rows, brief=len(rows) <= TOLD_MAX)


def rallies_below(says: Tongue, of: SitRep) -> list[str]:
    """How many rallies there are in all of it, and in what state."""
    if of.rolled_up is None:
        return []
    of_all = of.rolled_up.counts
    states = (of_all.rallies_planned, of_all.rallies_active, of_all.rallies_ended)
    told = says.rallies.format(sum(states), *states, of_all.rallies_cancelled)
    people = f"; {says.attendance.format(of_all.attendance)}" if of_all.attendance else ""
    return [f"{says.below}: {told}{people}"]


def incidents_below(says: Tongue, of: SitRep) -> list[str]:
    """How many incidents there are in all of it, and who came to harm."""
    if of.rolled_up is None:
        return []
    of_all = of.rolled_up.counts
    told = says.incidents_below.format(of_all.incidents, of_all.incidents_open)
    return [f"{says.below}: {told}{harm_told(says, (of_all.dead, of_all.injured, of_all.persons_missing))}"]


def situation_below(says: Tongue, of: SitRep) -> list[str]:
    """How much of all of it was known, and what stands."""
    if of.rolled_up is None:
        return []
    of_all = of.rolled_up.counts
    told = says.situation_below.format(
        of_all.posts_heard, of_all.posts, of_all.numbers_missing, of_all.alerts
    )
    return [f"{says.below}: {told}"]


def harm_told(says: Tongue, counts: Iterable[int]) -> str:
    """Dead, injured and missing persons, those there are: `; 2 luka`."""
    told = ", ".join(f"{count} {word}" for count, word in zip(counts, says.harm, strict=True) if count)
    return f"; {told}" if told else ""
