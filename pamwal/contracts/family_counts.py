"""What a SitRep counts of an operation and all below it: sums of what the SitReps say that it cites.

They are sums of numbers, not of officers: a SitRep names none, so who was lent counts in each operation whose
SitRep counts him. The live roll-up (`rolled_up.py`) knows officers, and counts each once.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from pamwal.contracts.envelope import Identifier
from pamwal.contracts.instants import Instant

Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class FamilyCounts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Each count as the SitReps have it that are added up; of what is not written there is none."""

    operations: Count = 1
    """How many SitReps are added up."""
    required: Count = 0
    ordered: Count = 0
    present: Count = 0
    at_place: Count = 0
    wrong_place: Count = 0
    unplanned: Count = 0
    elsewhere: Count = 0
    on_time: Count = 0
    late: Count = 0
    awaited: Count = 0
    excused: Count = 0
    absent: Count = 0
    unknown: Count = 0
    relieved: Count = 0
    left: Count = 0
    unregistered: Count = 0
    reserved: Count = 0
    posts: Count = 0
    posts_heard: Count = 0
    posts_closed: Count = 0
    numbers_missing: Count = 0
    rallies_planned: Count = 0
    rallies_active: Count = 0
    rallies_ended: Count = 0
    rallies_cancelled: Count = 0
    rallies_unnoticed: Count = 0
    expected: Count = 0
    attendance: Count = 0
    incidents: Count = 0
    incidents_open: Count = 0
    dead: Count = 0
    injured: Count = 0
    persons_missing: Count = 0
    alerts: Count = 0


class SitRepRolledUp(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An operation and all below it, by its own SitRep and those it cites, and those that these cite."""

    counts: FamilyCounts
    oldest_at: Instant
    """The moment that the oldest of them looks at."""
    missing: Annotated[list[Identifier], Meta(max_length=1_000)] = []
    """Operations below whose numbers are not in it: no SitRep of theirs is cited, or not what it counts, or
    it counts an operation that another cited SitRep counts too."""
    operation_ids: Annotated[list[Identifier], Meta(max_length=10_000)] = []
    """The operations that are counted, each once, by id. Empty if a SitRep that is added up does not list its
    own: those published before `reporting/13` do not."""
