"""The plan as this edge follows it: which operation is real, where places are, who is ordered where.

An edge needs it so that a token of an exercise never acts in a real operation, nor the other way round, to
hold invitations of devices to the roster and field commanders to what they lead, and to advise who checks
in. What the decider decides never depends on it.
"""

from __future__ import annotations

from typing import Any

from pamwal.contracts.claims import NOT_YOURS, Claims, Mode
from pamwal.contracts.envelope import Reason, Request
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.field import InviteDevices
from pamwal.contracts.persons import officer_key
from pamwal.contracts.topics import SCHEDULING_DECISIONS
from pamwal.contracts.zones import DEFAULT_ZONE, Zone
from pamwal.edge.auth import Caller
from pamwal.edge.decode import Posted
from pamwal.edge.follow import Follower, not_folded
from pamwal.wire.log import Log, Record, TopicPartition
from pamwal.wire.partitioning import partition_of
from pamwal.withheld import NOBODY, Withheld
from services.checkin.planned.advice import advice_for
from services.checkin.planned.book import EVER_MS, Listed, OperationPlan, PlanBook
from services.checkin.planned.command import not_led


class Plans:
    """Every operation's plan, as the follower brings the scheduler's decisions."""

    def __init__(self, log: Log) -> None:
        self.follower = Follower(log, [SCHEDULING_DECISIONS.name], self._fold)
        self._book = PlanBook()

    def mode_of(self, operation_id: str) -> Mode | None:
        """How an operation was opened, None if nobody did. HttpProblem 503 while that is not known yet."""
        plan = self._book.operations.get(operation_id)
        if plan is not None and plan.mode is not None:
            return plan.mode
        if not self.follower.level_once:
            raise not_folded()
        return None

    def opened(self, operation_id: str) -> OperationPlan:
        """The operation's plan. HttpProblem 404 if nobody opened it, 503 while it is not read to its end."""
        if not self.follower.level_once:
            raise not_folded()
        plan = self._book.operations.get(operation_id)
        if plan is None or plan.mode is None:
            raise HttpProblem(404, "unknown_operation", f"no operation {operation_id[:64]!r} was opened")
        return plan

    def name_of(self, operation_id: str) -> str:
        """What an operation is called; its id while nobody opened it."""
        plan = self._book.operations.get(operation_id)
        return (plan.name if plan is not None else "") or operation_id

    def zone_of(self, operation_id: str) -> Zone:
        """The operation's zone; the usual one while nobody opened it."""
        return self.opened_zone(operation_id) or DEFAULT_ZONE

    def opened_zone(self, operation_id: str) -> Zone | None:
        """The zone it was opened in, None while its opening is not known."""
        plan = self._book.operations.get(operation_id)
        return plan.zone if plan is not None and plan.mode is not None else None

    def officer(self, operation_id: str, officer_id: str) -> Listed | None:
        """An officer's newest entry of the roster, also if he was withdrawn since."""
        plan = self._book.operations.get(operation_id)
        return plan.officers.get(plan.written(officer_id)) if plan is not None else None

    def written(self, operation_id: str, officer_id: str) -> str:
        """An officer's id as the roster has it, whatever its case; itself if the roster has none such."""
        plan = self._book.operations.get(operation_id)
        return officer_id if plan is None else plan.written(officer_id)

    def on_roster(self, operation_id: str, officer_id: str) -> Listed:
        """An officer's entry of the roster.

        HttpProblem 404 `unknown_officer` for who was withdrawn or never registered, or what `opened` raises.
        """
        plan = self.opened(operation_id)
        written = plan.written(officer_id)
        listed = plan.officers.get(written)
        if listed is None or not plan.is_on_roster(written):
            told = f"officer {officer_id[:32]} is not on the roster: register the officer first"
            raise HttpProblem(404, "unknown_officer", told)
        return listed

    def examine(self, posted: Posted[Any], operation_id: str, claims: Claims) -> None:
        """Holds field commanders to what they lead, and posts that invite devices to their own officers.

        HttpProblem 403 `not_yours`, 404 `unknown_officer`, or what `opened` raises.
        """
        if claims.role == "field_commander":
            self._examine_commander(posted.data, operation_id, claims)
        if not isinstance(posted.data, InviteDevices):
            return
        post = posted.source.split("/", 3)[2]
        for officer_id in sorted({row.officer_id for row in posted.data.invitations if row.officer_id}):
            listed = self.on_roster(operation_id, officer_id)
            if listed.home_post != post:
                told = (
                    f"officer {officer_id} is of post {listed.home_post}, not of {post}: let that post invite"
                )
                raise HttpProblem(403, "not_yours", told)

    def _examine_commander(self, data: Any, operation_id: str, claims: Claims) -> None:
        """While the plan is not read to its end nobody is turned away: what the field says is kept."""
        plan = self._book.operations.get(operation_id)
        if plan is None or self.follower.trouble() is not None:
            return
        reason = not_led(plan, claims.officer or "", data)
        if reason is not None:
            raise HttpProblem(403, NOT_YOURS, f"{reason}; let his post or the head of operations say it")

    def unnamed(
        self, caller: Caller, operation_id: str, first_ms: int = EVER_MS[0], before_ms: int = EVER_MS[1]
    ) -> Withheld:
        """Whom this caller is not told of: others on `intel` on a local day of the half-open interval.

        HttpProblem 503 while the plan is not read to its end.
        """
        if caller.claims.role == "ops_head":
            return NOBODY
        if not self.follower.level_once:
            raise not_folded()
        plan = self._book.operations.get(operation_id)
        found = plan.on_intel(first_ms, before_ms) if plan is not None else frozenset[str]()
        own = officer_key(caller.claims.officer or "")
        return Withheld(each for each in found if officer_key(each) != own)

    def vector_of(self, operation_id: str) -> list[tuple[TopicPartition, int]]:
        """The partition the operation's plan lives in, and the offset behind what is folded of it."""
        vector = self.follower.vector()
        own = partition_of(operation_id.encode(), len(vector)) if vector else None
        return [(at, offset) for at, offset in vector.items() if at.partition == own]

    def advise(self, request: Request[Any]) -> list[Reason]:
        """What the plan says to whoever sent this; nothing while it is not read to its end."""
        return advice_for(self._book, request) if self.follower.level_once else []

    def _fold(self, _: TopicPartition, records: list[Record]) -> None:
        for _record, decision in self.follower.decisions(records):
            for fact in decision.data.facts:
                self._book.take(decision.operationid, fact)
