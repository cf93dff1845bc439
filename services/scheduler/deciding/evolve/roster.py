"""After facts about officers, absences and loans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from pamwal.contracts.persons import officer_key
from pamwal.contracts.scheduling import (
    AbsenceRecorded,
    AbsenceWithdrawn,
    OfficerLent,
    OfficerRecalled,
    OfficerRegistered,
    OfficerWithdrawn,
)
from services.scheduler.deciding.state import Absence, Import, Officer, Schedule

ABSENCE: Final = "absence/"
LOAN: Final = "loan/"


def _registered(state: Schedule, fact: OfficerRegistered) -> None:
    known = state.officers.get(fact.officer_id)
    state.written.setdefault(officer_key(fact.officer_id), fact.officer_id)
    state.put_officer(
        Officer(
            officer_id=fact.officer_id,
            rank=fact.rank,
            unit=fact.unit,
            satgas=fact.satgas,
            home_post=fact.home_post,
            person_ref=fact.person_ref,
            skills=fact.skills,
            attachment=fact.attachment,
            version=fact.version,
        )
    )
    _imported(state, fact, known)


def _withdrawn(state: Schedule, fact: OfficerWithdrawn) -> None:
    known = state.officers[fact.officer_id]
    state.put_officer(replace(known, withdrawn=True, version=fact.version))
    _imported(state, fact, known)


def _imported(state: Schedule, fact: OfficerRegistered | OfficerWithdrawn, known: Officer | None) -> None:
    if fact.import_id is not None:
        officers = state.imports.setdefault(fact.import_id, Import()).officers
        officers[fact.officer_id] = (fact.version, officers.get(fact.officer_id, (0, known))[1])


def _absent(state: Schedule, fact: AbsenceRecorded) -> None:
    absence = Absence(
        subject=fact.absence_id,
        officer_id=fact.officer_id,
        kind=fact.kind,
        starts_at=fact.starts_at,
        ends_at=fact.ends_at,
        version=fact.version,
    )
    _put(state, ABSENCE + fact.absence_id, absence)


def _lent(state: Schedule, fact: OfficerLent) -> None:
    loan = Absence(
        subject=fact.loan_id,
        officer_id=fact.officer_id,
        kind="lent",
        starts_at=fact.starts_at,
        ends_at=fact.ends_at,
        to_operation=fact.to_operation,
        version=fact.version,
    )
    _put(state, LOAN + fact.loan_id, loan)


def _put(state: Schedule, key: str, absence: Absence) -> None:
    state.absences[key] = absence
    keys = state.absent.get(absence.officer_id, ())
    if key not in keys:
        state.absent[absence.officer_id] = (*keys, key)


def _absence_over(state: Schedule, fact: AbsenceWithdrawn) -> None:
    _take(state, ABSENCE + fact.absence_id, fact.version)


def _loan_over(state: Schedule, fact: OfficerRecalled) -> None:
    _take(state, LOAN + fact.loan_id, fact.version)


def _take(state: Schedule, key: str, version: int) -> None:
    known = state.absences[key]
    state.absences[key] = replace(known, withdrawn=True, version=version)
    state.absent[known.officer_id] = tuple(each for each in state.absent[known.officer_id] if each != key)


AFTER: Final[dict[type, Callable[[Schedule, Any], None]]] = {
    OfficerRegistered: _registered,
    OfficerWithdrawn: _withdrawn,
    AbsenceRecorded: _absent,
    AbsenceWithdrawn: _absence_over,
    OfficerLent: _lent,
    OfficerRecalled: _loan_over,
}
