"""Bulk requests: all or nothing, or as much as can be; every row gets its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from pamwal.contracts.envelope import Reason, RequestData, Verdict
from pamwal.contracts.scheduling import BulkMode, SchedulingFact
from services.scheduler.deciding.draft import Draft
from services.scheduler.deciding.refusals import malformed

R = TypeVar("R")


def judge_rows(
    draft: Draft, rows: Sequence[R], mode: BulkMode, *passes: Callable[[Draft, R], Reason | None]
) -> Verdict[SchedulingFact]:
    """Judges rows in order, each seeing those before it.

    A pass says why a row is refused, or records the row's facts. `atomic`: one bad row refuses all, and all
    bad rows are named in `reason.rows`; each pass goes over all rows before the next begins, so that
    everything is released before anything is ordered. `best_effort`: bad rows are warnings and leave nothing
    behind; if none is good, it is refused. The reason of a request of one row is that row's.
    """
    refused: dict[int, Reason] = {}
    warnings: list[Reason] = []
    if mode == "atomic":
        for judge in passes:
            for row, each in enumerate(rows):
                if row not in refused:
                    _judge(draft, row, each, (judge,), refused, warnings)
    else:
        for row, each in enumerate(rows):
            alone = draft.fork() if len(passes) > 1 else draft
            _judge(alone, row, each, passes, refused, warnings)
            if alone is not draft and row not in refused:
                draft.absorb(alone)
    if len(rows) == 1 and refused:
        return Verdict(reason=msgspec.structs.replace(refused[0], row=None))
    if refused and (mode == "atomic" or len(refused) == len(rows)):
        rest = _rest(draft.asked)
        return Verdict(reason=_of_all([refused[row] for row in sorted(refused)], len(rows), rest))
    return Verdict(facts=draft.facts, warnings=sorted(warnings, key=lambda each: each.row or 0))


def each_once(
    kind: str, name: Callable[[R], str], judge: Callable[[Draft, R], Reason | None]
) -> Callable[[Draft, R], Reason | None]:
    """`judge`, but `malformed` for a row that speaks of what an earlier row spoke of."""
    seen: set[str] = set()

    def once(draft: Draft, row: R) -> Reason | None:
        subject = name(row)
        if subject in seen:
            return malformed(f"{kind} {subject} stands in an earlier row", subject)
        seen.add(subject)
        return judge(draft, row)

    return once


def _judge(
    draft: Draft,
    row: int,
    each: R,
    passes: Sequence[Callable[[Draft, R], Reason | None]],
    refused: dict[int, Reason],
    warnings: list[Reason],
) -> None:
    before = len(draft.warnings)
    reason = next((found for judge in passes if (found := judge(draft, each)) is not None), None)
    told = draft.warnings[before:] if reason is None else [reason]
    numbered = [msgspec.structs.replace(one, row=row) for one in told]
    warnings += numbered
    if reason is not None:
        refused[row] = numbered[0]


def _rest(asked: RequestData) -> str:
    """How the good rows alone can be had, if they can."""
    if hasattr(asked, "mode"):
        return "; or send the good rows alone, or mode best_effort"
    if hasattr(asked, "rows"):
        return "; or send the good rows alone"
    return "; or leave those days out by except_days" if hasattr(asked, "except_days") else ""


def _of_all(refused: list[Reason], total: int, rest: str) -> Reason:
    first = refused[0]
    return Reason(
        code=first.code,
        message=f"{len(refused)} of {total} rows are refused, the first: {first.message}",
        subject=first.subject,
        winner=first.winner,
        possible=f"{first.possible}{rest}",
        rows=refused,
    )
