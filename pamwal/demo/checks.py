"""Every number the exercise must end with, held against what the services and the log say."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.claim_check import ClaimsChecked
from pamwal.contracts.ledger import Ledger
from pamwal.contracts.reporting import Digest, Situation
from pamwal.demo.scenario import Scenario


class Check(Struct, frozen=True, kw_only=True):
    """One expected number beside the found one."""

    subject: str
    what: str
    expected: str
    found: str
    holds: bool


class AuditSummary(Struct, frozen=True, kw_only=True):
    """What the audit of the whole log says."""

    requests: int
    decisions: int
    """Of requests."""
    receipts: int
    caused: int
    """Decisions that nobody asked for: alerts."""
    findings: list[str]


class Evidence(Struct, frozen=True, kw_only=True):
    """What was read back when the day was over."""

    situation: Situation
    ledger: Ledger
    claims: ClaimsChecked
    digests: dict[str, Digest]
    """Reporting instance → its digest of the operation."""
    audit: AuditSummary
    said: int
    """HTTP requests the posts meant to make."""
    surprises: list[str]
    """What was not answered as it must be."""
    checkin_restarts: int
    reporting_kills: int


def equal(subject: str, what: str, expected: object, found: object) -> Check:
    """Holds if both are the same."""
    return Check(
        subject=subject, what=what, expected=str(expected), found=str(found), holds=expected == found
    )


def at_least(subject: str, what: str, least: int, found: int) -> Check:
    """Holds if `found` is not below `least`."""
    return Check(
        subject=subject, what=what, expected=f"at least {least}", found=str(found), holds=found >= least
    )


def checks(day: Scenario, evidence: Evidence) -> list[Check]:
    """All of them; the demo's exit code is 0 only if every one holds."""
    return [
        *_answers(day, evidence),
        *strength_checks(day, evidence.situation),
        *picture_checks(day, evidence.situation),
        *_ledger(day, evidence.ledger),
        *claims_checks(evidence.claims),
        *_digests(evidence),
        *_audit(evidence),
    ]


def _answers(day: Scenario, evidence: Evidence) -> list[Check]:
    meant = len(day.sayings) + sum(len(wave) for wave in day.planning)
    return [
        equal("answers", "said by the posts", meant, evidence.said),
        equal("answers", "not answered as they must be", 0, len(evidence.surprises)),
        at_least("crashes", "checkin decider killed -9 and back", 1, evidence.checkin_restarts),
        at_least("crashes", "reporting killed -9 and back", 3, evidence.reporting_kills),
    ]


def strength_checks(day: Scenario, situation: Situation) -> list[Check]:
    """Who is ordered, present, late, lost and absent, in total and by kecamatan and task force."""
    expected, total = day.expected, situation.total
    kecamatan = {row.code: row.strength.ordered for row in situation.kecamatan if row.strength.ordered}
    satgas = {row.satgas_id: row.strength.ordered for row in situation.satgas if row.strength.ordered}
    elsewhere = total.relieved - total.on_time - total.late
    return [
        equal("strength", "ordered", expected.ordered, total.ordered),
        equal("strength", "required", expected.ordered, total.required_total),
        equal("strength", "came and went home", expected.present, total.relieved),
        equal("strength", "still there", 0, total.present + total.left),
        equal("strength", "on time", expected.on_time, total.on_time),
        equal("strength", "late", expected.late, total.late),
        equal("strength", "at the wrong venue", expected.wrong_place, elsewhere),
        equal("strength", "absent", expected.absent, total.absent),
        equal("strength", "unknown", 0, total.unknown),
        equal("strength", "by kecamatan", ordered_text(expected.by_kecamatan), ordered_text(kecamatan)),
        equal("strength", "by satgas", ordered_text(expected.by_satgas), ordered_text(satgas)),
    ]


def picture_checks(day: Scenario, situation: Situation) -> list[Check]:
    """Where, what happened, and how complete the picture is."""
    expected = day.expected
    return [
        equal("rallies", "venues", expected.venues, len(situation.venues)),
        equal("rallies", "kelurahan", expected.kelurahan, len(situation.kelurahan)),
        equal("rallies", "kecamatan", expected.kecamatan, len(situation.kecamatan)),
        equal("rallies", "ended", expected.venues, situation.rallies.ended),
        equal("rallies", "without a notice receipt", 0, situation.rallies.unnoticed),
        equal("incidents", "known", expected.incidents, len(situation.incidents.rows)),
        equal("incidents", "still open", expected.incidents_open, situation.incidents.open),
        equal("alerts", "not seen leaving", 0, situation.alerts.by_kind.get("overstay", 0)),
        equal("posts", "heard", f"{expected.posts} of {expected.posts}", heard_text(situation)),
        equal("posts", "numbers missing", 0, situation.posts.missing),
    ]


def _ledger(day: Scenario, ledger: Ledger) -> list[Check]:
    expected, total = day.expected, ledger.total
    planned = sum(len(wave) for wave in day.planning)
    return [
        equal(
            "ledger", "balanced", True, total.balanced and all(row.balance.balanced for row in ledger.rows)
        ),
        equal("ledger", "accepted", planned + sum(expected.accepted.values()), total.accepted),
        at_least("ledger", "repeats", sum(expected.repeats.values()), total.repeat),
        at_least("ledger", "refused", expected.refused, total.refused),
        equal("ledger", "parked", 0, total.parked),
        equal("ledger", "pending", 0, total.pending),
        equal(
            "ledger",
            "received = accepted + repeat + refused",
            total.accepted + total.repeat + total.refused,
            total.received,
        ),
    ]


def claims_checks(claims: ClaimsChecked) -> list[Check]:
    """One number of the bulletin is wrong, and no other."""
    flagged = [
        f"{claim.claim} {claim.stated}, found {claim.counted}" for claim in claims.claims if claim.flag
    ]
    return [equal("claim check", "flagged", "kecamatan 6, found 5", "; ".join(flagged) or "nothing")]


def _digests(evidence: Evidence) -> list[Check]:
    different = {digest.sha256 for digest in evidence.digests.values()}
    return [
        at_least("replay", "reporting instances compared", 3, len(evidence.digests)),
        equal("replay", "different digests among them", 1, len(different)),
    ]


def _audit(evidence: Evidence) -> list[Check]:
    audit = evidence.audit
    return [
        equal("audit", "findings", 0, len(audit.findings)),
        equal("audit", "requests decided", audit.requests, audit.decisions),
        equal("audit", "receipts of the posts, each decided", evidence.said, audit.receipts),
    ]


def heard_text(situation: Situation) -> str:
    """`5 of 5`."""
    return f"{situation.posts.heard} of {situation.posts.total}"


def ordered_text(counts: dict[str, int]) -> str:
    """Counts in the order of their keys, as one comparable text."""
    return ", ".join(f"{key} {count}" for key, count in sorted(counts.items()))
