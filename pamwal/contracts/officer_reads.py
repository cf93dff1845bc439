"""What checkin tells of one officer's day: every word of his presence, in order of time."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.field import CheckedIn, CheckedOut, PollAcked, RollCalled
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.zones import Zone


class Observation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One word of an officer's presence, the post that said it, and whether it was taken back.

    Of a roll call only his own part.
    """

    fact: CheckedIn | CheckedOut | RollCalled | PollAcked
    postid: str
    voided_by: str | None = None
    void_cause: str | None = None
    """Of an old record; it is kept apart since."""
    void_cause_ref: PersonalRef | None = None
    device_lost: bool = False
    """The device that told it was lost by then."""


class OfficerDay(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was said of an officer's presence on one local day, in order of time: coming, going, reliefs, roll
    calls, answers to polls."""

    officer_id: str
    observations: list[Observation]
    cut: bool = False
    """There is more than one answer holds."""
    zone: Zone
    """In which the day is; the operation's own unless another was asked for."""
