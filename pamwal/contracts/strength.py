"""Strength: how many officers, and how they stand. Counts are integers; zeros are written out."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.scheduling import DeploymentRole


class Strength(Struct, frozen=True, kw_only=True):
    """How many officers, each counted once per row.

    `ordered` = at_place + elsewhere + awaited + excused + absent + unknown + relieved + left;
    `present` = at_place + wrong_place + unplanned.
    """

    required: dict[DeploymentRole, int]
    """What the rallies and sites of the row need, per role."""
    required_total: int
    ordered: int
    present: int
    """Who stands here now."""
    at_place: int
    """Present where the order says."""
    wrong_place: int
    """Present, but ordered to another place at this time."""
    unplanned: int
    """Present, without an order for this time."""
    elsewhere: int
    """Ordered here, standing at another place."""
    on_time: int
    """Came to the ordered place within the grace; also who has gone since."""
    late: int
    """Came to the ordered place after the grace; also who has gone since."""
    reported_late: int
    """Part of `on_time`: on time by the sender's clock, but heard long after."""
    clock_corrected: int
    """Came to the ordered place by a clock that was more than 30 s off, measured and corrected."""
    doubtful: int
    """Came to the ordered place, but only devices that were lost by then say so."""
    awaited: int
    """Not due yet, or within the grace."""
    excused: int
    """Not seen, and absent with leave, lent to another operation, or excused by the day's last roll call."""
    absent: int
    """The grace is over, nobody saw him, and the post that would say so is heard."""
    unknown: int
    """Due, but every post that would report him is silent."""
    relieved: int
    """Gone after the hours of the order were over, handed over to another, or stood down."""
    left: int
    """Gone before that."""
    unregistered: int
    """Stands here, but is on no roster and has no order: no part of `present`, for the id may be a typing
    error. Up to picture/8 part of `unplanned` and `present`."""
    reserved: int = 0
    """Kept for this row and not dispatched: no part of `ordered`, nor of anything else here."""
    reinforcement: int = 0
    """Part of `ordered`: penebalan."""
    on_call: int = 0
    """Part of `ordered`: to be reached."""
