"""Every operation's plan as the decisions tell it, folded by the decider's own rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pamwal.contracts.claims import Claims, Mode
from pamwal.contracts.envelope import Request, Verdict
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.parents import reads_below
from pamwal.contracts.topics import SCHEDULING_DECISIONS
from pamwal.contracts.zones import Zone
from pamwal.edge.follow import Follower, not_folded
from pamwal.wire.log import Log, Record, TopicPartition
from services.scheduler.core import SchedulerCore
from services.scheduler.deciding.evolve import apply
from services.scheduler.deciding.state import Operation, Schedule
from services.scheduler.views.history import deployments_told

OFFSET_BYTES: Final = 6


class Told:
    """Deployment → offsets of the decisions of one partition that speak of it, some 30 bytes each time."""

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self._offsets: dict[str, bytes] = {}

    def note(self, deployment_ids: Iterable[str], offset: int) -> None:
        """One more decision that speaks of them."""
        more = offset.to_bytes(OFFSET_BYTES, "big")
        for each in deployment_ids:
            self._offsets[each] = self._offsets.get(each, b"") + more

    def offsets(self, deployment_id: str) -> list[int]:
        """Where its decisions stand, in order."""
        found = self._offsets.get(deployment_id, b"")
        steps = range(0, len(found), OFFSET_BYTES)
        return [int.from_bytes(found[at : at + OFFSET_BYTES], "big") for at in steps]


class Rehearsal:
    """Requests that are decided one after the other, each after those before it, and never asked."""

    def __init__(self, core: SchedulerCore, state: Schedule) -> None:
        self._core, self._state = core, state

    def judge(self, request: Request[Any], knownat: str) -> Verdict[Any]:
        """What a check says, had the decider accepted what was accepted here before."""
        verdict = self._core.check(self._state, request, knownat)
        for fact in verdict.facts:
            apply(self._state, fact)
        return verdict


class Plans:
    """Every operation's plan, folded from the decisions as the follower brings them."""

    def __init__(self, log: Log) -> None:
        self.follower = Follower(log, [SCHEDULING_DECISIONS.name], self._fold)
        self._core = SchedulerCore()
        self._schedules: dict[str, Schedule] = {}
        self._told: dict[str, Told] = {}

    def opened(self, operation_id: str) -> tuple[Schedule, Operation]:
        """The plan of an open operation. HttpProblem 404 if there is none, 503 if that is not known yet."""
        self.follower.require_known(operation_id)
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

    def zone_of(self, operation_id: str) -> Zone | None:
        """The operation's zone, None while its opening is not known here."""
        schedule = self._schedules.get(operation_id)
        return None if schedule is None or schedule.operation is None else schedule.operation.zone

    def within(self, claims: Claims, operation_id: str) -> bool:
        """Whether a token reads an operation because it lies below its own. HttpProblem 503 as `mode_of`."""

        def parent_of(name: str) -> str | None:
            schedule = self._schedules.get(name)
            operation = None if schedule is None else schedule.operation
            return operation.parent if operation is not None and operation.mode == claims.mode else None

        if reads_below(claims, operation_id, parent_of):
            return True
        if not self.follower.level_once:
            raise not_folded()
        return False

    def judge(self, request: Request[Any], knownat: str) -> Verdict[Any]:
        """What a check says now, by what is folded here. HttpProblem 503 if that is not all."""
        trouble = self.follower.trouble()
        if trouble is not None:
            raise HttpProblem(503, "not_folded", trouble, headers=(("retry-after", "1"),))
        self.follower.require_known(request.operationid)
        known = self._schedules.get(request.operationid)
        state = self._core.new_state(request.operationid) if known is None else known
        return self._core.check(state, request, knownat)

    def rehearsal(self, operation_id: str) -> Rehearsal:
        """An open operation on which requests are tried one after the other. HttpProblem as `judge`."""
        trouble = self.follower.trouble()
        if trouble is not None:
            raise HttpProblem(503, "not_folded", trouble, headers=(("retry-after", "1"),))
        return Rehearsal(self._core, self.opened(operation_id)[0].over())

    def told(self, operation_id: str, deployment_id: str) -> list[tuple[TopicPartition, int]]:
        """Where the decisions stand that speak of a deployment, in order."""
        told = self._told.get(operation_id)
        if told is None:
            return []
        at = TopicPartition(SCHEDULING_DECISIONS.name, told.partition)
        return [(at, offset) for offset in told.offsets(deployment_id)]

    def _fold(self, at: TopicPartition, records: list[Record]) -> None:
        for record, decision in self.follower.decisions(records):
            if self.follower.unknown_of(decision.operationid):
                continue  # its plan would be wrong, and a later fact may not fit it
            state = self._schedules.get(decision.operationid)
            if decision.data.outcome in self._core.evolves:
                state = self._core.new_state(decision.operationid) if state is None else state
                self._schedules[decision.operationid] = state = self._core.evolve(state, decision.data)
            if state is not None:
                told = self._told.setdefault(decision.operationid, Told(at.partition))
                told.note(
                    (each for each in deployments_told(decision) if each in state.deployments), record.offset
                )
