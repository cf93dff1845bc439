"""Registering and amending officers."""

from __future__ import annotations

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.scheduling import OfficerEntry, OfficerRegistered, RegisterOfficers, SchedulingFact
from services.scheduler.draft import Draft
from services.scheduler.refusals import malformed, unknown
from services.scheduler.rights import home_reason
from services.scheduler.rows import judge_rows
from services.scheduler.state import Officer


def register_officers(draft: Draft, data: RegisterOfficers) -> Verdict[SchedulingFact]:
    """Registers who is new, amends who is known, and leaves as it is who comes again unchanged."""
    seen: set[str] = set()

    def judge(draft: Draft, entry: OfficerEntry) -> Reason | None:
        if entry.officer_id in seen:
            return malformed(f"officer {entry.officer_id} stands in an earlier row", entry.officer_id)
        seen.add(entry.officer_id)
        return _register(draft, entry)

    return judge_rows(draft, data.officers, data.mode, judge)


def _register(draft: Draft, entry: OfficerEntry) -> Reason | None:
    known = draft.officer(entry.officer_id)
    reason = _reason(draft, entry, known)
    if reason is not None:
        return reason
    if known is not None and _same(known, entry):
        draft.warnings.append(
            Reason(
                code="unchanged",
                message=f"officer {entry.officer_id} is registered so already",
                subject=entry.officer_id,
            )
        )
        return None
    draft.record(
        OfficerRegistered(
            id=draft.fact_id(),
            version=known.version + 1 if known else 1,
            officer_id=entry.officer_id,
            rank=entry.rank,
            unit=entry.unit,
            satgas=entry.satgas,
            home_post=entry.home_post,
            person_ref=entry.person_ref or (known.person_ref if known else None),
        )
    )
    return None


def _reason(draft: Draft, entry: OfficerEntry, known: Officer | None) -> Reason | None:
    operation = draft.operation
    if entry.satgas not in operation.task_forces:
        return unknown("satgas", entry.satgas, f"one of {', '.join(sorted(operation.task_forces)) or 'none'}")
    if entry.home_post not in operation.posts:
        return unknown("post", entry.home_post, f"one of {', '.join(sorted(operation.posts)[:20])}")
    reason = home_reason(draft.claims, entry.home_post, entry.officer_id)
    if reason is None and known is not None:
        reason = home_reason(draft.claims, known.home_post, entry.officer_id)
    return reason


def _same(known: Officer, entry: OfficerEntry) -> bool:
    words = entry.person_ref is None or (
        known.person_ref is not None and known.person_ref.digest == entry.person_ref.digest
    )
    return words and (known.rank, known.unit, known.satgas, known.home_post) == (
        entry.rank,
        entry.unit,
        entry.satgas,
        entry.home_post,
    )
