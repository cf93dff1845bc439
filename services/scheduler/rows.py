"""Bulk requests: all or nothing, or as much as can be; every row gets its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.scheduling import BulkMode, SchedulingFact
from services.scheduler.draft import Draft

R = TypeVar("R")


def judge_rows(
    draft: Draft, rows: Sequence[R], mode: BulkMode, judge: Callable[[Draft, R], Reason | None]
) -> Verdict[SchedulingFact]:
    """Judges rows in order, each seeing those before it.

    `judge` says why a row is refused and then leaves the draft as it was, or it records the row's facts.
    `atomic`: one bad row refuses all, and all bad rows are named in `reason.rows`. `best_effort`: bad rows
    are warnings; if none is good, it is refused. The reason of a request of one row is that row's.
    """
    refused: list[Reason] = []
    warnings: list[Reason] = []
    for row, each in enumerate(rows):
        before = len(draft.warnings)
        reason = judge(draft, each)
        found = draft.warnings[before:] if reason is None else [reason]
        numbered = [msgspec.structs.replace(one, row=row) for one in found]
        warnings += numbered
        if reason is not None:
            refused += numbered
    if len(rows) == 1 and refused:
        return Verdict(reason=msgspec.structs.replace(refused[0], row=None))
    if refused and (mode == "atomic" or len(refused) == len(rows)):
        return Verdict(reason=_of_all(refused, len(rows)))
    return Verdict(facts=draft.facts, warnings=warnings)


def _of_all(refused: list[Reason], total: int) -> Reason:
    first = refused[0]
    return Reason(
        code=first.code,
        message=f"{len(refused)} of {total} rows are refused, the first: {first.message}",
        subject=first.subject,
        winner=first.winner,
        possible=f"{first.possible}; or send the good rows alone, or mode best_effort",
        rows=refused,
    )
