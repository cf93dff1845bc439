"""Which service takes a request of a type, and at which path below its operation."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.field import AdvanceIncident, CheckIn, CheckOut, Heartbeat, ReportIncident, Void
from pamwal.contracts.scheduling import (
    AcknowledgeDeployments,
    CancelDeployments,
    CancelRally,
    MoveRally,
    NoticeRally,
    OpenOperation,
    OrderDeployments,
    PlanRally,
    ReassignDeployments,
    RegisterOfficers,
)


class Route(NamedTuple):
    """A service and the path of its route: `checkin`, `/check-ins`."""

    service: Literal["scheduler", "checkin"]
    path: str


ROUTES: Final[dict[str, Route]] = {
    TYPE_OF[OpenOperation]: Route("scheduler", "/open"),
    TYPE_OF[RegisterOfficers]: Route("scheduler", "/officers"),
    TYPE_OF[PlanRally]: Route("scheduler", "/rallies"),
    TYPE_OF[NoticeRally]: Route("scheduler", "/rallies:notice"),
    TYPE_OF[MoveRally]: Route("scheduler", "/rallies:move"),
    TYPE_OF[CancelRally]: Route("scheduler", "/rallies:cancel"),
    TYPE_OF[OrderDeployments]: Route("scheduler", "/deployments"),
    TYPE_OF[AcknowledgeDeployments]: Route("scheduler", "/deployments:acknowledge"),
    TYPE_OF[CancelDeployments]: Route("scheduler", "/deployments:cancel"),
    TYPE_OF[ReassignDeployments]: Route("scheduler", "/deployments:reassign"),
    TYPE_OF[CheckIn]: Route("checkin", "/check-ins"),
    TYPE_OF[CheckOut]: Route("checkin", "/check-outs"),
    TYPE_OF[Void]: Route("checkin", "/voids"),
    TYPE_OF[ReportIncident]: Route("checkin", "/incidents"),
    TYPE_OF[AdvanceIncident]: Route("checkin", "/incidents:advance"),
    TYPE_OF[Heartbeat]: Route("checkin", "/heartbeats"),
}


def type_named(word: str) -> str | None:
    """The full type of a short name: `check_in` for `pamwal.field.check_in.v1`; None if there is none."""
    wanted = word.replace("-", "_")
    found = [name for name in ROUTES if name == wanted or f".{wanted}." in f".{name}."]
    return found[0] if len(found) == 1 else None
