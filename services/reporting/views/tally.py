"""The counts of one row of a situation. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pamwal.contracts.reporting import Strength
from pamwal.contracts.scheduling import DeploymentRole
from services.reporting.views.stands import Stand, StandingKind, StandState

COUNTED: Final = (
    "ordered", "at_place", "wrong_place", "unplanned", "elsewhere", "on_time", "late", "reported_late",
    "clock_corrected", "doubtful", "awaited", "excused", "absent", "unknown", "relieved", "left",
    "unregistered", "reserved", "reinforcement", "on_call",
)  # fmt: skip


class Tally:
    """The counts of one row."""

    __slots__ = ("counts", "required")

    def __init__(self) -> None:
        self.counts = dict.fromkeys(COUNTED, 0)
        self.required: dict[DeploymentRole, int] = {}

    def require(self, required: Mapping[DeploymentRole, int], *, intel: bool) -> None:
        """Adds what one rally or site needs, per role; `intel` only if that may be shown in this row."""
        for role, count in required.items():
            if role != "intel" or intel:
                self.required[role] = self.required.get(role, 0) + count

    def order(self, stand: Stand) -> None:
        """Adds one officer ordered here, by how he stands."""
        counts = self.counts
        counts["ordered"] += 1
        counts[stand.state] += 1
        counts["on_time"] += stand.on_time
        counts["late"] += stand.late
        counts["reported_late"] += stand.reported_late
        counts["clock_corrected"] += stand.clock_corrected
        counts["doubtful"] += stand.doubtful
        purpose = stand.deployment.purpose
        if purpose != "regular":
            counts[purpose] += 1

    def stand(self, kind: StandingKind | None, state: StandState | None, *, registered: bool) -> None:
        """Adds one officer who stands here; `state` is how he was ordered in this row, if he was."""
        if state != "at_place":
            elsewhere = state == "elsewhere" if state else kind != "unplanned"
            self.counts["wrong_place" if elsewhere else "unplanned"] += 1
        if not registered:
            self.counts["unregistered"] += 1

    def strength(self) -> Strength:
        """The row's strength."""
        counts = self.counts
        return Strength(
            required=dict(sorted(self.required.items())),
            required_total=sum(self.required.values()),
            present=counts["at_place"] + counts["wrong_place"] + counts["unplanned"],
            **counts,
        )


class Tallies:
    """One tally per key, made when first named."""

    def __init__(self) -> None:
        self.of: dict[str, Tally] = {}

    def __getitem__(self, key: str) -> Tally:
        found = self.of.get(key)
        if found is None:
            found = self.of[key] = Tally()
        return found
