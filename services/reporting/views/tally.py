"""The counts of one row of a situation. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from pamwal.contracts.reporting import Strength
from pamwal.contracts.scheduling import DeploymentRole
from services.reporting.views.stands import Stand, StandingKind, StandState

COUNTED: Final = (
    "ordered", "at_place", "wrong_place", "unplanned", "elsewhere", "on_time", "late", "reported_late",
    "clock_corrected", "doubtful", "awaited", "excused", "absent", "unknown", "relieved", "left",
    "unregistered", "reserved", "reinforcement", "on_call",
)  # fmt: skip
_COUNTED_OF_STAND: Final = ("on_time", "late", "reported_late", "clock_corrected", "doubtful")


def present_as(
    kind: StandingKind | None, state: StandState | None, *, registered: bool
) -> Literal["wrong_place", "unplanned", "unregistered"] | None:
    """The count of an officer who stands in a row; None if he counts as `at_place` already.

    Who is on no roster and has no order is counted apart and is no strength: the id may be a typing error.
    """
    if state == "at_place":
        return None
    if not registered:
        return "unregistered"
    elsewhere = state == "elsewhere" if state else kind != "unplanned"
    return "wrong_place" if elsewhere else "unplanned"


class Tally:
    """The counts of one row."""

    __slots__ = ("_strength", "counts", "entries", "required")

    def __init__(self) -> None:
        self.counts = dict.fromkeys(COUNTED, 0)
        self.required: dict[DeploymentRole, int] = {}
        self.entries = 0
        """What was added and not taken back; a row of nothing is not there."""
        self._strength: Strength | None = None

    def require(self, required: Mapping[DeploymentRole, int], *, intel: bool) -> None:
        """Adds what one rally or site needs, per role; `intel` only if that may be shown in this row."""
        self._add(1)
        for role, count in required.items():
            if role != "intel" or intel:
                self.required[role] = self.required.get(role, 0) + count

    def order(self, stand: Stand, by: int = 1) -> None:
        """Adds one officer ordered here, by how he stands; `by` -1 takes him back, here and below."""
        self._add(by)
        counts = self.counts
        counts["ordered"] += by
        counts[stand.state] += by
        if stand.attended:
            for name in _COUNTED_OF_STAND:
                if getattr(stand, name):
                    counts[name] += by
        purpose = stand.deployment.purpose
        if purpose != "regular":
            counts[purpose] += by

    def stand(
        self, kind: StandingKind | None, state: StandState | None, *, registered: bool, by: int = 1
    ) -> None:
        """Adds one officer who stands here; `state` is how he was ordered in this row, if he was."""
        self._add(by)
        name = present_as(kind, state, registered=registered)
        if name is not None:
            self.counts[name] += by

    def reserve(self, by: int = 1) -> None:
        """Adds one officer who is kept for this row."""
        self._add(by)
        self.counts["reserved"] += by

    def strength(self) -> Strength:
        """The row's strength; the same object until something is added."""
        if self._strength is None:
            counts = self.counts
            self._strength = Strength(
                required=dict(sorted(self.required.items())),
                required_total=sum(self.required.values()),
                present=counts["at_place"] + counts["wrong_place"] + counts["unplanned"],
                **counts,
            )
        return self._strength

    def _add(self, by: int) -> None:
        self.entries += by
        self._strength = None


class Tallies:
    """One tally per key, made when first named."""

    def __init__(self) -> None:
        self.of: dict[str, Tally] = {}

    def __getitem__(self, key: str) -> Tally:
        found = self.of.get(key)
        if found is None:
            found = self.of[key] = Tally()
        return found

    def named(self) -> list[tuple[str, Tally]]:
        """Those to which something was added, by key."""
        return sorted(each for each in self.of.items() if each[1].entries)
