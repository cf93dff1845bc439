"""Rallies: what is secured. Requests, then facts."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pamwal.contracts.envelope import Identifier, RequestData, Text
from pamwal.contracts.instants import Instant, Stamp
from pamwal.contracts.places import Venue
from pamwal.contracts.scheduling.fact import SchedulingFactBase
from pamwal.contracts.scheduling.terms import (
    ROWS_MAX,
    BulkMode,
    Count,
    Day,
    DeploymentRole,
    NoticeReceipt,
    Pair,
    RallyKind,
    RallyStage,
    Recurrence,
    Strength,
    Version,
)


class PlanRally(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Plan a rally at a venue. Without a receipt it is flagged `unnoticed`, never refused for it."""

    rally_id: Identifier
    kind: RallyKind
    pairs: Annotated[list[Pair], Meta(min_length=1, max_length=20)]
    venue: Venue
    starts_at: Instant
    ends_at: Instant
    required: Strength = {}
    pattern: Identifier | None = None
    """A strength of the operation's patterns; roles that `required` names as well are taken from there."""
    expected_attendance: Count | None = None
    receipt: NoticeReceipt | None = None
    stage: RallyStage = "planned"
    series_id: Identifier | None = None
    expected_version: Version | None = None


class PlanRallies(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Plan many rallies at once, such as an imported plan."""

    rallies: Annotated[list[PlanRally], Meta(min_length=1, max_length=ROWS_MAX)]
    mode: BulkMode = "atomic"
    import_id: Identifier | None = None


class PlanSeries(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Plan a rally that recurs. Each occurrence is a rally of its own, `{series_id}.{local day}`.

    `first` gives the first occurrence's hours; its `rally_id` and `series_id` are not looked at.
    """

    series_id: Identifier
    first: PlanRally
    recurrence: Recurrence
    except_days: Annotated[list[Day], Meta(max_length=366)] = []
    import_id: Identifier | None = None
    """Of an import, so that all it planned can be reverted at once."""


class NoticeRally(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Record the notice receipt (STTP) of a rally."""

    rally_id: Identifier
    receipt: NoticeReceipt
    expected_version: Version | None = None


class MoveRally(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Move a rally in time or place; its live deployments shift with its start in the same decision."""

    rally_id: Identifier
    starts_at: Instant
    ends_at: Instant
    venue: Venue | None = None
    release_conflicts: bool = False
    """Release deployments that the move would double-book, instead of refusing the move."""
    expected_version: Version | None = None


class CancelRally(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Cancel a rally; its live deployments are cancelled in the same decision."""

    rally_id: Identifier
    cause: Text
    expected_version: Version | None = None


class ReinstateRally(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Hold a cancelled or closed rally after all, as it was planned; its deployments stay as they are."""

    rally_id: Identifier
    cause: Text
    expected_version: Version | None = None


class CloseRally(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """The rally is over."""

    rally_id: Identifier
    expected_version: Version | None = None


# --- facts


class RallyPlanned(SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="rally_planned"):
    """A rally is planned, or its plan replaced."""

    rally_id: str
    kind: RallyKind
    pairs: list[str]
    venue: Venue
    starts_at: Stamp
    ends_at: Stamp
    required: dict[DeploymentRole, int]
    expected_attendance: int | None = None
    receipt: NoticeReceipt | None = None
    stage: RallyStage = "planned"
    series_id: str | None = None
    import_id: str | None = None


class RallyNoticed(SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="rally_noticed"):
    """The notice receipt is known."""

    rally_id: str
    receipt: NoticeReceipt


class RallyMoved(SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="rally_moved"):
    """A rally has another time or venue."""

    rally_id: str
    venue: Venue
    starts_at: Stamp
    ends_at: Stamp


class RallyCancelled(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="rally_cancelled"
):
    """A rally will not be held."""

    rally_id: str
    cause: str
    import_id: str | None = None


class RallyReinstated(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="rally_reinstated"
):
    """A cancelled or closed rally is held after all, as it was planned."""

    rally_id: str
    cause: str
    stage: RallyStage = "planned"
    """Where it stood before; a rally that was only notified is notified again."""


class RallyClosed(SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="rally_closed"):
    """The rally is over; nobody is ordered to it any more."""

    rally_id: str
