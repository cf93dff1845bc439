"""The roster: officers, when they cannot be ordered, and who is lent where. Requests, then facts."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from pamwal.contracts.envelope import Identifier, RequestData, Text
from pamwal.contracts.instants import Stamp
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.scheduling.fact import SchedulingFactBase
from pamwal.contracts.scheduling.terms import (
    ROWS_MAX,
    AbsenceEntry,
    AbsenceKind,
    Attachment,
    BulkMode,
    LoanEntry,
    OfficerEntry,
    OfficerRow,
)


class RegisterOfficers(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Register or amend officers in bulk; the same entry again changes nothing."""

    officers: Annotated[list[OfficerEntry], Meta(min_length=1, max_length=ROWS_MAX)]
    mode: BulkMode = "atomic"
    import_id: Identifier | None = None
    """Of an import, so that all it changed can be reverted at once."""

    def without_nrps(self) -> RegisterOfficers:
        """As edges wrote it before they added digests of NRPs: what repeats are compared by."""
        return replace(self, officers=[_without_nrp(entry) for entry in self.officers])


def _without_nrp(entry: OfficerEntry) -> OfficerEntry:
    ref = entry.person_ref
    return entry if ref is None or ref.nrp is None else replace(entry, person_ref=replace(ref, nrp=None))


class WithdrawOfficers(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Take officers off the roster. A sender says why, in `cause`; the edge sets `cause_ref`."""

    rows: Annotated[list[OfficerRow], Meta(min_length=1, max_length=ROWS_MAX)]
    cause: Text | None = None
    cause_ref: PersonalRef | None = None
    cancel_deployments: bool = False
    """Cancel live deployments in the same decision, instead of refusing because of them."""
    mode: BulkMode = "atomic"
    import_id: Identifier | None = None


class RecordAbsences(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Record or amend when officers cannot be ordered; live deployments then are warned of, not touched."""

    absences: Annotated[list[AbsenceEntry], Meta(min_length=1, max_length=ROWS_MAX)]
    mode: BulkMode = "atomic"


class WithdrawAbsences(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """The officers can be ordered after all. A sender says why, in `cause`; the edge sets `cause_ref`."""

    absence_ids: Annotated[list[Identifier], Meta(min_length=1, max_length=ROWS_MAX)]
    cause: Text | None = None
    cause_ref: PersonalRef | None = None
    mode: BulkMode = "atomic"


class LendOfficers(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Lend officers to another operation (BKO), which then registers them with an attachment."""

    loans: Annotated[list[LoanEntry], Meta(min_length=1, max_length=ROWS_MAX)]
    mode: BulkMode = "atomic"


class RecallOfficers(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """End loans. A sender says why, in `cause`; the edge sets `cause_ref`."""

    loan_ids: Annotated[list[Identifier], Meta(min_length=1, max_length=ROWS_MAX)]
    cause: Text | None = None
    cause_ref: PersonalRef | None = None
    mode: BulkMode = "atomic"


# --- facts


class OfficerRegistered(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="officer_registered"
):
    """An officer joined the roster, or an entry changed (then the version is above 1)."""

    officer_id: str
    rank: str
    unit: str
    satgas: str
    home_post: str
    person_ref: PersonalRef | None = None
    skills: list[str] = []
    attachment: Attachment | None = None
    import_id: str | None = None
    """The import that said so, if it was one."""


class OfficerWithdrawn(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="officer_withdrawn"
):
    """The officer is on the roster no more; registering again brings him back.

    `cause` stands in old ones only.
    """

    officer_id: str
    cause: str | None = None
    cause_ref: PersonalRef | None = None
    import_id: str | None = None


class AbsenceRecorded(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="absence_recorded"
):
    """The officer cannot be ordered in this interval, or its hours changed."""

    absence_id: str
    officer_id: str
    kind: AbsenceKind
    starts_at: Stamp
    ends_at: Stamp


class AbsenceWithdrawn(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="absence_withdrawn"
):
    """The officer can be ordered after all. `cause` stands in old ones only."""

    absence_id: str
    officer_id: str
    cause: str | None = None
    cause_ref: PersonalRef | None = None


class OfficerLent(SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="officer_lent"):
    """BKO: another operation has the officer for this interval, or the interval changed."""

    loan_id: str
    officer_id: str
    to_operation: str
    starts_at: Stamp
    ends_at: Stamp


class OfficerRecalled(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="officer_recalled"
):
    """The loan does not stand any more. `cause` stands in old ones only."""

    loan_id: str
    officer_id: str
    cause: str | None = None
    cause_ref: PersonalRef | None = None
