"""The roster and who of it can be ordered at all. Names are where persons are kept, not here."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pamwal.contracts.plan_reads import AbsenceView, OfficerView
from services.scheduler.deciding.state import Absence, Officer, Schedule
from services.scheduler.views.places import Window


class OfficersAsked(Struct, frozen=True, kw_only=True):
    """Which entries of the roster; what is None or False is not asked for."""

    unit: str | None = None
    satgas: str | None = None
    home_post: str | None = None
    skill: str | None = None
    available: Window | None = None
    """Neither absent nor lent, and attached, in all of it; whether he is bound is another question."""
    withdrawn: bool = False
    """Those taken off the roster as well."""

    def takes(self, schedule: Schedule, officer: Officer) -> bool:
        """Whether an entry is among those asked for."""
        return (
            (self.withdrawn or not officer.withdrawn)
            and self.unit in {None, officer.unit}
            and self.satgas in {None, officer.satgas}
            and self.home_post in {None, officer.home_post}
            and (self.skill is None or self.skill in officer.skills)
            and (self.available is None or is_available(schedule, officer, self.available))
        )


def is_available(schedule: Schedule, officer: Officer, window: Window) -> bool:
    """Whether nothing but duty could keep the officer from being ordered for all of the window."""
    attached = officer.attachment
    if attached and not (attached.starts_at <= window.starts_at and window.ends_at <= attached.ends_at):
        return False
    return not any(
        window.meets(each.starts_at, each.ends_at) for each in schedule.absences_of(officer.officer_id)
    )


def officers_of(schedule: Schedule, asked: OfficersAsked) -> Iterator[Officer]:
    """Entries asked for, in no order."""
    return (each for each in schedule.officers.values() if asked.takes(schedule, each))


def officer_view(schedule: Schedule, officer: Officer) -> OfficerView:
    """One entry with the absences that stand, by start."""
    absences = sorted(
        schedule.absences_of(officer.officer_id), key=lambda each: (each.starts_at, each.subject)
    )
    return OfficerView(
        officer_id=officer.officer_id,
        rank=officer.rank,
        unit=officer.unit,
        satgas=officer.satgas,
        home_post=officer.home_post,
        version=officer.version,
        skills=officer.skills,
        attachment=officer.attachment,
        absences=[_absence_view(each) for each in absences],
        withdrawn=officer.withdrawn,
    )


def _absence_view(absence: Absence) -> AbsenceView:
    return AbsenceView(
        id=absence.subject,
        kind=absence.kind,
        starts_at=absence.starts_at,
        ends_at=absence.ends_at,
        to_operation=absence.to_operation,
    )
