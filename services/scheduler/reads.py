"""GET: the operation, its rallies, its officers and its deployments, as the decisions say so far.

An edge folds the decisions itself, by the decider's own rules. Officers' names are not in the log, nor here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from heapq import nsmallest
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from msgspec import Struct

from pamwal.contracts.claims import Mode
from pamwal.contracts.codec import decode_decision
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.places import Venue
from pamwal.contracts.scheduling import DeploymentRole, NoticeReceipt, Policy, Post, RallyKind
from pamwal.contracts.topics import SCHEDULING_DECISIONS
from pamwal.contracts.zones import local_day
from pamwal.edge.app import Caller, Reader
from pamwal.edge.follow import Follower, not_folded
from pamwal.edge.shapes import answers, json_of
from pamwal.wire.log import Log, Record, TopicPartition
from services.scheduler.core import SchedulerCore
from services.scheduler.state import (
    RALLY,
    Deployment,
    Operation,
    Rally,
    RallyStatus,
    Schedule,
)

ROOT: Final = "/scheduler/v1/operations/{operation_id}"
PAGE_MAX: Final = 1000
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]
After = Annotated[str, Query(max_length=64, description="the last id of the page before")]
Name = Annotated[str, Query(max_length=80)]


class OperationView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An operation; its period is half-open."""

    operation_id: str
    name: str
    mode: Mode
    zone: str
    region: str
    begins_at: str
    ends_before: str
    posts: list[Post]
    task_forces: list[str]
    pairs: list[str]
    policy: Policy
    version: int
    parent: str | None = None


class RallyView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rally as planned now; `ordered` counts its live deployments."""

    rally_id: str
    kind: RallyKind
    pairs: list[str]
    venue: Venue
    starts_at: str
    ends_at: str
    required: dict[DeploymentRole, int]
    status: RallyStatus
    unnoticed: bool
    ordered: int
    version: int
    expected_attendance: int | None = None
    receipt: NoticeReceipt | None = None


class RalliesView(Struct, frozen=True):
    """Rallies by start and id."""

    rallies: list[RallyView]


class DeploymentsView(Struct, frozen=True):
    """A page by deployment id; `next_after` is what the next page is asked with."""

    deployments: list[Deployment]
    next_after: str | None = None


class OfficerView(Struct, frozen=True, kw_only=True):
    """An entry of the roster; the name is where persons are kept."""

    officer_id: str
    rank: str
    unit: str
    satgas: str
    home_post: str
    version: int


class OfficersView(Struct, frozen=True):
    """A page by officer id; `next_after` is what the next page is asked with."""

    officers: list[OfficerView]
    next_after: str | None = None


class Plans:
    """Every operation's plan, folded from the decisions as the follower brings them."""

    def __init__(self, log: Log) -> None:
        self.follower = Follower(log, [SCHEDULING_DECISIONS.name], self._fold)
        self._core = SchedulerCore()
        self._schedules: dict[str, Schedule] = {}

    def opened(self, operation_id: str) -> tuple[Schedule, Operation]:
        """The plan of an open operation. HttpProblem 404 if there is none, 503 if that is not known yet."""
        schedule = self._schedules.get(operation_id)
        if schedule is not None and schedule.operation is not None:
            return schedule, schedule.operation
        trouble = self.follower.trouble()
        if trouble is not None:
            raise HttpProblem(503, "not_folded", trouble, headers=(("retry-after", "1"),))
        raise HttpProblem(404, "unknown_operation", f"no operation {operation_id[:64]!r} was opened")

    def mode_of(self, operation_id: str) -> Mode | None:
        """How an operation was opened, None if nobody did. HttpProblem 503 while that is not known yet."""
        schedule = self._schedules.get(operation_id)
        if schedule is not None and schedule.operation is not None:
            return schedule.operation.mode
        if not self.follower.level_once:
            raise not_folded()
        return None

    def _fold(self, _: TopicPartition, records: list[Record]) -> None:
        for record in records:
            decision = decode_decision(record.value)
            if decision.data.outcome == "accepted":
                known = self._schedules.get(decision.operationid)
                state = self._core.new_state(decision.operationid) if known is None else known
                self._schedules[decision.operationid] = self._core.evolve(state, decision.data)


def plan_router(plans: Plans) -> APIRouter:
    """The GET routes of this service."""
    router = APIRouter(tags=["reads"])

    @router.get(ROOT, summary="The operation", responses=answers(OperationView))
    async def operation(operation_id: str, caller: Reader) -> Response:  # noqa: ARG001
        return json_of(_operation_view(operation_id, plans.opened(operation_id)[1]))

    @router.get(f"{ROOT}/rallies", summary="Rallies, by start", responses=answers(RalliesView))
    async def rallies(
        operation_id: str,
        caller: Reader,
        day: Annotated[date | None, Query(description="a day in the operation's zone")] = None,
    ) -> Response:
        caller.require_role("officer", "field_commander", "command_post", "ops_head")
        schedule, opened = plans.opened(operation_id)
        found = [
            each
            for each in schedule.rallies.values()
            if day is None or local_day(each.starts_at, opened.zone) == day.isoformat()
        ]
        found.sort(key=lambda each: (each.starts_at, each.rally_id))
        return json_of(RalliesView([_rally_view(schedule, each) for each in found]))

    @router.get(f"{ROOT}/deployments", summary="Deployments, by id", responses=answers(DeploymentsView))
    async def deployments(
        operation_id: str,
        caller: Reader,
        officer: Name | None = None,
        place: Name | None = None,
        live: bool | None = None,
        after: After = "",
        limit: Limit = 200,
    ) -> Response:
        caller.require_role("officer", "field_commander", "command_post", "ops_head")
        schedule, _ = plans.opened(operation_id)
        found = (
            each
            for each in schedule.deployments.values()
            if each.deployment_id > after
            and officer in {None, each.officer_id}
            and place in {None, each.place}
            and live in {None, each.live}
            and _may_see(schedule, each, caller)
        )
        page = nsmallest(limit + 1, found, key=lambda each: each.deployment_id)
        more = page[limit - 1].deployment_id if len(page) > limit else None
        return json_of(DeploymentsView(page[:limit], more))

    @router.get(f"{ROOT}/officers", summary="The roster, by officer id", responses=answers(OfficersView))
    async def officers(operation_id: str, caller: Reader, after: After = "", limit: Limit = 200) -> Response:
        caller.require_role("command_post", "ops_head")
        schedule, _ = plans.opened(operation_id)
        page = _after(schedule.officers, after, limit + 1)
        views = [_officer_view(schedule, each) for each in page[:limit]]
        return json_of(OfficersView(views, views[-1].officer_id if len(page) > limit else None))

    return router


def _after(ids: Iterable[str], after: str, limit: int) -> list[str]:
    return nsmallest(limit, (each for each in ids if each > after))


def _may_see(schedule: Schedule, deployment: Deployment, caller: Caller) -> bool:
    """Own ones; a padal those of places he leads; `intel` only the head of operations, and who it is."""
    claims = caller.claims
    own = claims.officer is not None and claims.officer == deployment.officer_id
    if own or claims.role == "ops_head":
        return True
    if deployment.role == "intel" or claims.role == "officer":
        return False
    return claims.role != "field_commander" or _leads(schedule, claims.officer or "", deployment.place)


def _leads(schedule: Schedule, officer_id: str, place: str) -> bool:
    held = (schedule.deployments[each] for _, _, each in schedule.bookings.get(officer_id, ()))
    return any(each.role == "field_commander" and each.place == place for each in held)


def _operation_view(operation_id: str, operation: Operation) -> OperationView:
    return OperationView(
        operation_id=operation_id,
        name=operation.name,
        mode=operation.mode,
        zone=operation.zone,
        region=operation.region,
        begins_at=operation.begins_at,
        ends_before=operation.ends_before,
        posts=list(operation.posts.values()),
        task_forces=sorted(operation.task_forces),
        pairs=sorted(operation.pairs),
        policy=operation.policy,
        version=operation.version,
        parent=operation.parent,
    )


def _rally_view(schedule: Schedule, rally: Rally) -> RallyView:
    return RallyView(
        rally_id=rally.rally_id,
        kind=rally.kind,
        pairs=rally.pairs,
        venue=rally.venue,
        starts_at=rally.starts_at,
        ends_at=rally.ends_at,
        required=rally.required,
        status=rally.status,
        unnoticed=rally.unnoticed,
        ordered=len(schedule.at_place.get(RALLY + rally.rally_id, ())),
        version=rally.version,
        expected_attendance=rally.expected_attendance,
        receipt=rally.receipt,
    )


def _officer_view(schedule: Schedule, officer_id: str) -> OfficerView:
    officer = schedule.officers[officer_id]
    return OfficerView(
        officer_id=officer.officer_id,
        rank=officer.rank,
        unit=officer.unit,
        satgas=officer.satgas,
        home_post=officer.home_post,
        version=officer.version,
    )
