"""Hours as reporting counts them: what officers worked, beside what they were ordered to.

Hours have three decimals. Worked is where the field saw somebody, from a check-in to a check-out, whatever
his order: what nobody saw is not worked. A stay that nobody ended is counted to the end of its order and no
further, so that a forgotten check-out is no work.
"""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.knowledge import Knowledge
from pamwal.contracts.reporting import Sight
from pamwal.contracts.scheduling import Day, OverridableRule


class Worked(Struct, frozen=True, kw_only=True):
    """Hours within some days, and what became of the duties that begin on them.

    `worked_h` = `within_h` + `beyond_h`. Duty over midnight has its hours on both days and counts as a duty
    on the first.
    """

    duties: int = 0
    ordered_h: float = 0.0
    due_h: float = 0.0
    """Part of `ordered_h` that lies before the moment of looking."""
    worked_h: float = 0.0
    within_h: float = 0.0
    """Worked within ordered hours, at any place."""
    beyond_h: float = 0.0
    """Worked outside of them: early, late or without an order."""
    late: int = 0
    absent: int = 0
    excused: int = 0
    unknown: int = 0
    """Due, but every post that would report him is silent."""
    unended: int = 0
    """Stays that no check-out ended: counted to the end of their order, or not at all without one."""
    doubtful: int = 0
    """Stays, counted as worked, of which only devices that were lost by then say that they began."""
    overrides: int = 0
    """Rules that an ops_head set aside for these duties."""


class DayWorked(Struct, frozen=True, kw_only=True):
    """One local day."""

    day: Day
    worked: Worked


class UnitWorked(Struct, frozen=True, kw_only=True):
    """One unit; an empty name stands for officers no roster knows."""

    unit: str
    officers: int
    worked: Worked


class Overridden(Struct, frozen=True, kw_only=True):
    """The rules that were set aside for one deployment, and why."""

    deployment_id: str
    rules: list[OverridableRule]
    cause: str | None


class OfficerWorked(Struct, frozen=True, kw_only=True):
    """One officer. Rest and duty are judged per stretch: work whose gaps are shorter than the minimum rest.

    A stretch may hold the longest duty, and last 24 h less one minimum rest (the form of Directive
    2003/88/EC, article 3), as the scheduler asks of orders; here it is asked of what was worked.
    """

    officer_id: str
    rank: str
    unit: str
    satgas: str
    name: str | None
    """For who may read names; None also where it was erased."""
    nrp: str | None
    worked: Worked
    days: list[DayWorked]
    """Days on which he was ordered or seen."""
    over_duty_h: float
    """Hours by which stretches hold more work than the longest duty."""
    rest_owed_h: float
    """Hours by which stretches outlast 24 h less one minimum rest."""
    relief_due_at: str | None
    """While he is on duty: when the stretch has held the longest duty, or lasted as long as it may."""
    relief_overdue: bool
    rest_until: str | None
    """While he rests from a stretch: when he has had the minimum rest."""
    overridden: list[Overridden]


class HoursWorked(Struct, frozen=True, kw_only=True):
    """Worked against ordered on some local days, by what is known now of what had happened at `at`.

    Totals, days and units are of all that were asked for, `officers` are one page of them, by id; without
    those their reader may not see.
    """

    operation_id: str
    exercise: bool
    first_day: Day
    last_day: Day
    zone: str
    at: str
    vector: dict[str, int]
    sight: Sight
    minimum_rest_h: float
    longest_duty_h: float
    officers_count: int
    relief_overdue: int
    """Officers on duty for longer than they may be."""
    total: Worked
    days: list[DayWorked]
    units: list[UnitWorked]
    officers: list[OfficerWorked]
    next_after: str | None = None
    knowledge: Knowledge | None = None
    """What it was made from; always given over HTTP."""
