"""What a decision names: each thing while it fits a record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.json import encode
from msgspec.structs import replace

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.scheduling import SchedulingFact
from services.scheduler.deciding.draft import Draft

WARNINGS_MAX: Final = 5000
"""The most warnings that are named one by one; at about 300 bytes each they take 1.5 MB of a record's 8."""

MEASURED_FROM: Final = 5000
"""Answers with fewer facts, warnings and rows always fit; only others are measured."""
FACTS_MAX: Final = 60_000
BYTES_MAX: Final = 7 * 1024 * 1024
"""What facts and words of one answer may take, so that its decision fits a record of 8 MiB."""


def fitting(verdict: Verdict[SchedulingFact]) -> Verdict[SchedulingFact]:
    """The verdict, or `too_large` in place of one that no record takes: nothing of it would hold."""
    many = len(verdict.facts) + len(verdict.warnings)
    if many < MEASURED_FROM and (verdict.reason is None or len(verdict.reason.rows) < MEASURED_FROM):
        return verdict
    size = len(encode(verdict))
    if size <= BYTES_MAX and len(verdict.facts) <= FACTS_MAX:
        return verdict
    return Verdict(
        reason=Reason(
            code="too_large",
            message=(
                f"the answer has {len(verdict.facts)} facts and takes {size} bytes; one decision holds"
                f" {FACTS_MAX} and {BYTES_MAX}"
            ),
            possible="send fewer rows at once, each part with an id of its own",
        )
    )


def tell(draft: Draft, reasons: Sequence[Reason]) -> None:
    """Adds warnings, each by name while there is room; then one `and_more` says how many are not named."""
    room = max(0, WARNINGS_MAX - len(draft.warnings))
    draft.warnings += reasons[:room]
    left = reasons[room:]
    if left:
        said = f"{len(left)} more are not named, the first: {left[0].code}: {left[0].message}"
        draft.warnings.append(replace(left[0], code="and_more", message=said))
