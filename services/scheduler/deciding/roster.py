"""Registering, amending and withdrawing officers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.scheduling import (
    Attachment,
    OfficerEntry,
    OfficerRegistered,
    OfficerRow,
    OfficerWithdrawn,
    RegisterOfficers,
    SchedulingFact,
    WithdrawOfficers,
)
from services.scheduler.deciding.deployments import cancel
from services.scheduler.deciding.draft import Draft
from services.scheduler.deciding.refusals import (
    illegal_transition,
    interval,
    malformed,
    not_yours,
    seen,
    stale,
    unknown,
    unknown_officer,
)
from services.scheduler.deciding.rights import home_reason, release_reason
from services.scheduler.deciding.rows import each_once, judge_rows
from services.scheduler.deciding.state import Deployment, Officer, Schedule
from services.scheduler.deciding.telling import tell

WITHDRAWN: Final = "the officer was withdrawn from the roster"


def register_officers(draft: Draft, data: RegisterOfficers) -> Verdict[SchedulingFact]:
    """Registers who is new or withdrawn, amends who is known, leaves as it is who comes again unchanged.

    Rows exchange NRPs whatever order they stand in.
    """
    known = draft.before.officers
    reasons: dict[str, Reason | None] = {}
    nrps: dict[str, str | None] = {}
    for entry in data.officers:
        officer = known.get(entry.officer_id)
        if entry.officer_id not in reasons:
            reasons[entry.officer_id] = reason = _reason(draft, entry, officer)
            if reason is None:
                person = entry.person_ref or (officer.person_ref if officer else None)
                nrps[entry.officer_id] = person.nrp if person else None
    for officer_id, holder in holders_in_the_way(draft.before, nrps).items():
        reasons[officer_id] = nrp_taken(officer_id, holder)

    def judge(draft: Draft, entry: OfficerEntry) -> Reason | None:
        return reasons[entry.officer_id] or _register(draft, entry, data.import_id)

    once = each_once("officer", lambda entry: entry.officer_id, judge)
    return judge_rows(draft, data.officers, data.mode, once)


def withdraw_officers(draft: Draft, data: WithdrawOfficers) -> Verdict[SchedulingFact]:
    """Takes officers off the roster. Live deployments refuse that, or are cancelled with it if asked to."""

    def judge(draft: Draft, row: OfficerRow) -> Reason | None:
        return _withdraw(draft, row, data)

    return judge_rows(draft, data.rows, data.mode, judge)


def registered_as(
    officer: Officer, fact_id: str, version: int, import_id: str | None = None
) -> OfficerRegistered:
    """The fact that would register an officer as the roster has it."""
    return OfficerRegistered(
        id=fact_id,
        version=version,
        officer_id=officer.officer_id,
        rank=officer.rank,
        unit=officer.unit,
        satgas=officer.satgas,
        home_post=officer.home_post,
        person_ref=officer.person_ref,
        skills=officer.skills,
        attachment=officer.attachment,
        import_id=import_id,
    )


def holders_in_the_way(state: Schedule, nrps: Mapping[str, str | None]) -> dict[str, str]:
    """Officers who cannot have the NRP that is meant for them → the officer who has it and keeps it.

    `nrps`: officer → digest of the NRP he would have from now on, None without one. Who cannot have the new
    one keeps the old one, and so may be in the way of the next. Of several the first has it.
    """
    wanted: dict[str, list[str]] = {}
    for officer_id, nrp in nrps.items():
        if nrp is not None:
            wanted.setdefault(nrp, []).append(officer_id)
    changing, found, waiting = dict(nrps), dict[str, str](), [*wanted]
    while waiting:
        nrp = waiting.pop()
        holder = state.nrps.get(nrp)
        if holder is None or changing.get(holder, nrp) != nrp:
            holder = wanted[nrp][0]
        for officer_id in wanted[nrp]:
            if officer_id == holder:
                continue
            found[officer_id] = holder
            officer = state.officers.get(officer_id)
            if changing.pop(officer_id, None) and officer and not officer.withdrawn and officer.nrp in wanted:
                waiting.append(officer.nrp)
    return found


def nrp_taken(officer_id: str, holder: str) -> Reason:
    """One person under two ids could be ordered to two places at once."""
    return Reason(
        code="nrp_taken",
        message=f"officer {officer_id} has the NRP of officer {holder}",
        subject=officer_id,
        possible=f"if both are one person, keep {holder}, or withdraw officer {holder} first;"
        " if not, correct the NRP that is wrong",
    )


def live_of(draft: Draft, officer_id: str) -> list[Deployment]:
    """An officer's live deployments that the sender may see, by start."""
    found = [draft.state.deployments[each] for _, _, each in draft.bookings_of(officer_id)]
    return [each for each in found if each.live]


def take_off(
    draft: Draft,
    officer: Officer,
    live: list[Deployment],
    cause: str | None,
    import_id: str | None = None,
    cause_ref: PersonalRef | None = None,
) -> None:
    """Records that an officer is on the roster no more, and that `live` does not stand.

    Why may be about the person, and is kept apart then: why his orders are cancelled is only that.
    """
    for each in live:
        cancel(draft, each, cause or WITHDRAWN)
    draft.record(
        OfficerWithdrawn(
            id=draft.fact_id(),
            version=officer.version + 1,
            officer_id=officer.officer_id,
            cause=cause,
            cause_ref=cause_ref,
            import_id=import_id,
        )
    )


def _register(draft: Draft, entry: OfficerEntry, import_id: str | None) -> Reason | None:
    known = draft.state.officers.get(entry.officer_id)
    skills = sorted(set(entry.skills))
    if known is not None and _same(known, entry, skills):
        draft.warn("unchanged", f"officer {entry.officer_id} is registered so already", entry.officer_id)
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
            skills=skills,
            attachment=entry.attachment,
            import_id=import_id,
        )
    )
    if known is not None and entry.attachment is not None and known.attachment != entry.attachment:
        _tell_of_left_outside(draft, entry.officer_id, entry.attachment)
    return None


def _reason(draft: Draft, entry: OfficerEntry, known: Officer | None) -> Reason | None:
    operation, attachment = draft.operation, entry.attachment
    if entry.satgas not in operation.satgas:
        return unknown("satgas", entry.satgas, f"one of {', '.join(sorted(operation.satgas)) or 'none'}")
    if known is None and entry.person_ref is None and operation.mode == "real":
        return _nameless(entry.officer_id)
    if entry.home_post not in operation.posts:
        return unknown("post", entry.home_post, f"one of {', '.join(sorted(operation.posts)[:20])}")
    reason = home_reason(draft.claims, entry.home_post, entry.officer_id)
    if reason is None and known is not None and not known.withdrawn:
        reason = home_reason(draft.claims, known.home_post, entry.officer_id)
    reason = reason or seen(
        "officer", entry.officer_id, entry.expected_version, known.version if known else None
    )
    if reason is None and attachment is not None:
        if attachment.operation_id == draft.state.operation_id:
            message = f"officer {entry.officer_id} would be attached from this operation itself"
            return malformed(message, entry.officer_id)
        reason = interval(operation, attachment.starts_at, attachment.ends_at, entry.officer_id)
    return reason


def _nameless(officer_id: str) -> Reason:
    """An exercise may do without names, as a practice copy does; a real roster of nobodies helps nobody."""
    return Reason(
        code="malformed",
        message=f"officer {officer_id} is new and has no name",
        subject=officer_id,
        possible="give person with at least the name; it is kept apart from the log",
    )


def _same(known: Officer, entry: OfficerEntry, skills: list[str]) -> bool:
    words = entry.person_ref is None or (
        known.person_ref is not None
        and (known.person_ref.digest, known.nrp) == (entry.person_ref.digest, entry.person_ref.nrp)
    )
    return (
        words
        and not known.withdrawn
        and (known.rank, known.unit, known.satgas, known.home_post, known.skills, known.attachment)
        == (entry.rank, entry.unit, entry.satgas, entry.home_post, skills, entry.attachment)
    )


def _tell_of_left_outside(draft: Draft, officer_id: str, attached: Attachment) -> None:
    """Live deployments that a changed attachment does not hold; they are told, not touched."""
    tell(
        draft,
        [
            Reason(
                code="deployed_meanwhile",
                message=(
                    f"deployment {each.deployment_id} at {each.place}"
                    f" {draft.operation.hours(each.starts_at, each.ends_at)} is not within the attachment"
                    f" of officer {officer_id}"
                ),
                subject=each.deployment_id,
                possible="deployments:reassign or deployments:cancel it",
            )
            for each in live_of(draft, officer_id)
            if each.starts_at < attached.starts_at or each.ends_at > attached.ends_at
        ],
    )


def _withdraw(draft: Draft, row: OfficerRow, data: WithdrawOfficers) -> Reason | None:
    known = draft.state.officers.get(row.officer_id)
    if known is None:
        return unknown_officer(row.officer_id, draft.nearest_officer(row.officer_id))
    reason = home_reason(draft.claims, known.home_post, row.officer_id) or stale(
        row.officer_id, row.expected_version, known.version
    )
    if reason is not None:
        return reason
    if known.withdrawn:
        draft.warn("unchanged", f"officer {row.officer_id} is withdrawn already", row.officer_id)
        return None
    live = live_of(draft, row.officer_id)
    reason = _live_reason(draft, row.officer_id, live, data.cancel_deployments)
    if reason is None and not draft.checking and draft.hides_any_of(row.officer_id):
        reason = not_yours(
            f"officer {row.officer_id} cannot be withdrawn by you",
            "let the ops_head ask for it",
            row.officer_id,
        )
    if reason is None:
        take_off(draft, known, live, data.cause, data.import_id, data.cause_ref)
    return reason


def _live_reason(draft: Draft, officer_id: str, live: list[Deployment], cancelling: bool) -> Reason | None:
    if not live:
        return None
    if not cancelling:
        first = live[0]
        return illegal_transition(
            officer_id,
            f"officer {officer_id} has {len(live)} live deployments, the first: {first.deployment_id} at"
            f" {first.place} {draft.operation.hours(first.starts_at, first.ends_at)}",
            "deployments:swap or deployments:cancel them first, or withdraw with cancel_deployments",
        )
    reasons = (release_reason(draft, each) for each in live)
    return next((reason for reason in reasons if reason is not None), None)
