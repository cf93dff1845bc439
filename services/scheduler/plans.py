"""Every operation's plan as the decisions tell it, folded by the decider's own rules."""

from __future__ import annotations

from typing import Any

from pamwal.contracts.codec import decode_decision
from pamwal.contracts.envelope import Request, Verdict
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.topics import SCHEDULING_DECISIONS
from pamwal.edge.follow import Follower
from pamwal.wire.log import Log, Record, TopicPartition
from services.scheduler.core import SchedulerCore
from services.scheduler.state import Operation, Schedule


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

    def judge(self, request: Request[Any], knownat: str) -> Verdict[Any]:
        """What the decider would say now, by what is folded here. HttpProblem 503 if that is not all."""
        trouble = self.follower.trouble()
        if trouble is not None:
            raise HttpProblem(503, "not_folded", trouble, headers=(("retry-after", "1"),))
        known = self._schedules.get(request.operationid)
        state = self._core.new_state(request.operationid) if known is None else known
        return self._core.decide(state, request, knownat)

    def _fold(self, _: TopicPartition, records: list[Record]) -> None:
        for record in records:
            decision = decode_decision(record.value)
            if decision.data.outcome == "accepted":
                known = self._schedules.get(decision.operationid)
                state = self._core.new_state(decision.operationid) if known is None else known
                self._schedules[decision.operationid] = self._core.evolve(state, decision.data)
