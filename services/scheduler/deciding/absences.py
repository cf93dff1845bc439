"""When officers cannot be ordered: absences, and loans to other operations (BKO). Intervals are half-open."""

from __future__ import annotations

from typing import NamedTuple

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.scheduling import (
    AbsenceEntry,
    AbsenceRecorded,
    AbsenceWithdrawn,
    LendOfficers,
    LoanEntry,
    OfficerLent,
    OfficerRecalled,
    RecallOfficers,
    RecordAbsences,
    SchedulingFact,
    WithdrawAbsences,
)
from services.scheduler.deciding.bookings import overlapping
from services.scheduler.deciding.draft import Draft
from services.scheduler.deciding.evolve.roster import ABSENCE, LOAN
from services.scheduler.deciding.refusals import (
    illegal_transition,
    interval,
    malformed,
    seen,
    unknown,
    unknown_officer,
)
from services.scheduler.deciding.rights import home_reason
from services.scheduler.deciding.rows import each_once, judge_rows
from services.scheduler.deciding.state import Absence
from services.scheduler.deciding.telling import tell


class Asked(NamedTuple):
    """What one row asks for, be it an absence or a loan."""

    kind: str
    """`absence` or `loan`."""
    subject: str
    officer_id: str
    starts_at: str
    ends_at: str
    expected: int | None
    """The version its sender saw."""


def record_absences(draft: Draft, data: RecordAbsences) -> Verdict[SchedulingFact]:
    """Records or amends absences; live deployments in their hours are warned of, never touched."""
    once = each_once("absence", lambda entry: entry.absence_id, _record)
    return judge_rows(draft, data.absences, data.mode, once)


def lend_officers(draft: Draft, data: LendOfficers) -> Verdict[SchedulingFact]:
    """Records or amends loans to other operations; live deployments meanwhile are warned of."""
    once = each_once("loan", lambda entry: entry.loan_id, _lend)
    return judge_rows(draft, data.loans, data.mode, once)


def withdraw_absences(draft: Draft, data: WithdrawAbsences) -> Verdict[SchedulingFact]:
    """The officers can be ordered after all; again changes nothing."""

    def judge(draft: Draft, absence_id: str) -> Reason | None:
        known = _standing(draft, "absence", absence_id, draft.state.absences.get(ABSENCE + absence_id))
        if known is None or isinstance(known, Reason):
            return known
        draft.record(
            AbsenceWithdrawn(
                id=draft.fact_id(),
                version=known.version + 1,
                absence_id=absence_id,
                officer_id=known.officer_id,
                cause=data.cause,
                cause_ref=data.cause_ref,
            )
        )
        return None

    return judge_rows(draft, data.absence_ids, data.mode, judge)


def recall_officers(draft: Draft, data: RecallOfficers) -> Verdict[SchedulingFact]:
    """Ends loans; again changes nothing."""

    def judge(draft: Draft, loan_id: str) -> Reason | None:
        known = _standing(draft, "loan", loan_id, draft.state.absences.get(LOAN + loan_id))
        if known is None or isinstance(known, Reason):
            return known
        draft.record(
            OfficerRecalled(
                id=draft.fact_id(),
                version=known.version + 1,
                loan_id=loan_id,
                officer_id=known.officer_id,
                cause=data.cause,
                cause_ref=data.cause_ref,
            )
        )
        return None

    return judge_rows(draft, data.loan_ids, data.mode, judge)


def _record(draft: Draft, entry: AbsenceEntry) -> Reason | None:
    asked = Asked(
        "absence", entry.absence_id, entry.officer_id, entry.starts_at, entry.ends_at, entry.expected_version
    )
    known = draft.state.absences.get(ABSENCE + entry.absence_id)
    reason = _reason(draft, asked, known)
    if reason is not None:
        return reason
    if known is not None and known.kind == entry.kind and _same(known, asked):
        draft.warn("unchanged", f"absence {entry.absence_id} is recorded so already", entry.absence_id)
        return None
    draft.record(
        AbsenceRecorded(
            id=draft.fact_id(),
            version=known.version + 1 if known else 1,
            absence_id=entry.absence_id,
            officer_id=entry.officer_id,
            kind=entry.kind,
            starts_at=entry.starts_at,
            ends_at=entry.ends_at,
        )
    )
    _tell_of_deployed(draft, asked)
    return None


def _lend(draft: Draft, entry: LoanEntry) -> Reason | None:
    asked = Asked(
        "loan", entry.loan_id, entry.officer_id, entry.starts_at, entry.ends_at, entry.expected_version
    )
    known = draft.state.absences.get(LOAN + entry.loan_id)
    reason = _reason(draft, asked, known)
    if reason is None and entry.to_operation == draft.state.operation_id:
        reason = malformed(f"loan {entry.loan_id} would lend to this operation itself", entry.loan_id)
    if reason is not None:
        return reason
    if known is not None and known.to_operation == entry.to_operation and _same(known, asked):
        draft.warn("unchanged", f"loan {entry.loan_id} stands so already", entry.loan_id)
        return None
    draft.record(
        OfficerLent(
            id=draft.fact_id(),
            version=known.version + 1 if known else 1,
            loan_id=entry.loan_id,
            officer_id=entry.officer_id,
            to_operation=entry.to_operation,
            starts_at=entry.starts_at,
            ends_at=entry.ends_at,
        )
    )
    _tell_of_deployed(draft, asked)
    return None


def _reason(draft: Draft, asked: Asked, known: Absence | None) -> Reason | None:
    officer = draft.state.officers.get(asked.officer_id)
    if officer is None or officer.withdrawn:
        return unknown_officer(
            asked.officer_id, draft.nearest_officer(asked.officer_id), "register the officer first"
        )
    reason = home_reason(draft.claims, officer.home_post, asked.officer_id)
    if reason is None and known is not None and known.officer_id != asked.officer_id:
        reason = illegal_transition(
            asked.subject,
            f"{asked.kind} {asked.subject} is officer {known.officer_id}'s, not {asked.officer_id}'s",
            f"give it another {asked.kind}_id",
        )
    reason = reason or seen(asked.kind, asked.subject, asked.expected, known.version if known else None)
    return reason or interval(draft.operation, asked.starts_at, asked.ends_at, asked.subject)


def _same(known: Absence, asked: Asked) -> bool:
    hours = (known.starts_at, known.ends_at) == (asked.starts_at, asked.ends_at)
    return hours and not known.withdrawn


def _standing(draft: Draft, kind: str, subject: str, known: Absence | None) -> Absence | Reason | None:
    """What stands and may be ended; None if it is ended already, which is warned of."""
    if known is None:
        return unknown(kind, subject)
    officer = draft.state.officers[known.officer_id]
    reason = home_reason(draft.claims, officer.home_post, known.officer_id)
    if reason is None and known.withdrawn:
        draft.warn("unchanged", f"{kind} {subject} is ended already", subject)
        return None
    return reason or known


def _tell_of_deployed(draft: Draft, asked: Asked) -> None:
    found = overlapping(draft.bookings_of(asked.officer_id), asked.starts_at, asked.ends_at)
    live = [each for _, _, name in found if (each := draft.state.deployments[name]).live]
    tell(
        draft,
        [
            Reason(
                code="deployed_meanwhile",
                message=(
                    f"officer {asked.officer_id} is ordered to {each.place}"
                    f" {draft.operation.hours(each.starts_at, each.ends_at)} by deployment"
                    f" {each.deployment_id}, within {asked.kind} {asked.subject}"
                ),
                subject=each.deployment_id,
                possible="deployments:swap gives it to another officer; or deployments:cancel",
            )
            for each in live
        ],
    )
