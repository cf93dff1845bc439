"""What a SitRep of a parent cites: the latest one of each child, as this replica knows them.

The parent's decider sees one partition, and its children live in others; so who publishes says what he cites,
and whoever verifies finds it true or not (decision 22 in docs/decisions).
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from pamwal.contracts.claims import Claims, Mode
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.family_counts import SitRepRolledUp
from pamwal.contracts.sitrep_sums import rolled_up_of
from pamwal.contracts.sitreps import PublishSitRep, SitRep, SitRepCited
from pamwal.edge.decode import Posted
from pamwal.edge.spec import ModeOf
from services.reporting.families import Families
from services.reporting.sitreps import SitReps

_document: Final = msgspec.json.Decoder(SitRep)


class Citing:
    """Knows what may be cited."""

    def __init__(self, families: Families, sitreps: SitReps, mode_of: ModeOf) -> None:
        self._families, self._sitreps, self._mode_of = families, sitreps, mode_of
        self._read: dict[tuple[Mode, str], tuple[int, SitRepRolledUp | None]] = {}
        """Mode and child → number of its newest, and what that counts; None if it cannot be read."""

    def children(self, operation_id: str, mode: Mode) -> list[SitRepCited]:
        """Of each child, by id. HttpProblem 503 while not all SitReps are read."""
        return [self._cited(child, mode) for child in self._families.children(operation_id, mode)]

    def examine(self, posted: Posted[Any], operation_id: str, _: Claims) -> None:
        """HttpProblem 422 for a SitRep that cites what is no child, or nothing where there are children."""
        mode = self._mode_of(operation_id)
        if not isinstance(posted.data, PublishSitRep) or mode is None:
            return
        found, cited = self._families.children(operation_id, mode), posted.data.children
        give = f"put what GET /reporting/v1/operations/{operation_id}/children/sitreps says into `children`"
        if found and cited is None:
            raise HttpProblem(
                422,
                "children_not_cited",
                f"{operation_id} has {len(found)} children, and its SitRep cites the latest of each: {give}",
            )
        others = sorted({each.operation_id for each in cited or ()} - {*found})
        if others:
            raise HttpProblem(422, "no_child", f"{others[0]} is no child that {operation_id} counts: {give}")

    def _cited(self, child: str, mode: Mode) -> SitRepCited:
        line = self._sitreps.latest(child, mode)
        if line is None:
            return SitRepCited(operation_id=child)
        counted = self._counted(child, mode, line.number)
        return SitRepCited(operation_id=child, number=line.number, sha256=line.sha256, rolled_up=counted)

    def _counted(self, child: str, mode: Mode, number: int) -> SitRepRolledUp | None:
        known = self._read.get((mode, child))
        if known is None or known[0] != number:
            try:
                found = rolled_up_of(_document.decode(self._sitreps.newest(child, mode) or ""))
            except msgspec.DecodeError:
                found = None
            known = self._read[mode, child] = number, found
        return known[1]
