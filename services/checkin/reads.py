"""GET: what was said of an officer on a day. Incidents have a file of their own.

An edge folds the decisions itself, whether or not a decider runs beside it. A token reads what it may say: an
officer his own presence and incidents, a post what it said itself, the head of operations everything.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response
from msgspec import Struct

from pamwal.contracts.codec import decode_decision
from pamwal.contracts.errors import AccessDenied
from pamwal.contracts.field import CheckedIn, CheckedOut
from pamwal.contracts.instants import to_ms
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.topics import FIELD_DECISIONS
from pamwal.contracts.zones import Zone, midnight
from pamwal.edge.app import Caller, Reader
from pamwal.edge.follow import Follower
from pamwal.edge.shapes import answers, json_of
from pamwal.wire.log import Log, Record, TopicPartition
from pamwal.wire.partitioning import partition_of
from services.checkin.journal import Journal
from services.checkin.planned.devices import Devices

ROOT: Final = "/checkin/v1/operations/{operation_id}"
FIRST_DAY, LAST_DAY = date(2000, 1, 2), date(2099, 12, 30)
"""Of the years that instants have, also at midnight in another zone."""
LINES_MAX: Final = 200
"""More reports of one officer on one day than this are cut; nobody is seen so often."""


class Observation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A check-in or check-out, the post that said it, and whether it was taken back."""

    fact: CheckedIn | CheckedOut
    postid: str
    voided_by: str | None = None
    void_cause: str | None = None
    """Of an old record; it is kept apart since."""
    void_cause_ref: PersonalRef | None = None
    device_lost: bool = False
    """The device that told it was lost by then."""


class OfficerDay(Struct, frozen=True):
    """What was said of an officer's presence on one local day, in order of time."""

    officer_id: str
    observations: list[Observation]


class FieldReads:
    """A journal that follows the log."""

    def __init__(self, log: Log) -> None:
        self.journal = Journal()
        self.devices = Devices()
        self.follower = Follower(log, [FIELD_DECISIONS.name], self._fold)
        self._log = log

    async def day_of(
        self, operation_id: str, officer_id: str, first_ms: int, end_ms: int
    ) -> list[Observation]:
        """The officer's observations in the half-open interval, fetched from the log. LogError."""
        count = await self._log.partition_count(FIELD_DECISIONS.name)
        at = TopicPartition(FIELD_DECISIONS.name, partition_of(operation_id.encode(), count))
        offsets = self.journal.reports_of(operation_id, officer_id, first_ms, end_ms)[:LINES_MAX]
        found: list[Observation] = []
        for offset in offsets:
            record = await self._log.fetch(at, offset, "committed")
            found += self._observations(record, operation_id, officer_id) if record is not None else []
        return found

    def _observations(self, record: Record, operation_id: str, officer_id: str) -> list[Observation]:
        data = decode_decision(record.value).data
        post = (data.request.postid if data.request is not None else None) or ""
        source = (data.request.source if data.request is not None else None) or ""
        found = []
        for fact in data.facts:
            if isinstance(fact, CheckedIn | CheckedOut) and fact.officer_id == officer_id:
                void = self.journal.void_of(operation_id, post, fact.id)
                found.append(
                    Observation(
                        fact=fact,
                        postid=post,
                        voided_by=void.author if void else None,
                        void_cause=void.cause if void else None,
                        void_cause_ref=void.cause_ref if void else None,
                        device_lost=self.devices.lost_at(operation_id, source, fact.occurred_at),
                    )
                )
        return found

    def _fold(self, _: TopicPartition, records: list[Record]) -> None:
        for record in records:
            decision = decode_decision(record.value)
            self.journal.fold(decision, record.offset)
            self.devices.fold(decision)


def field_router(reads: FieldReads) -> APIRouter:
    """The GET routes on presence."""
    router = APIRouter(tags=["reads"])

    @router.get(
        f"{ROOT}/officers/{{officer_id}}/observations",
        summary="What was said of an officer's presence on a local day",
        responses=answers(OfficerDay),
    )
    async def observations(
        operation_id: str,
        officer_id: Annotated[str, Path(max_length=32)],
        day: Annotated[date, Query(ge=FIRST_DAY, le=LAST_DAY)],
        caller: Reader,
        zone: Zone = "Asia/Makassar",
    ) -> Response:
        post = _own_post(caller, officer_id)
        first_ms, end_ms = (to_ms(midnight(day.isoformat(), zone, days_later=n)) for n in (0, 1))
        found = await reads.day_of(operation_id, officer_id, first_ms, end_ms)
        return json_of(OfficerDay(officer_id, [one for one in found if post in {None, one.postid}]))

    return router


def _own_post(caller: Caller, officer_id: str) -> str | None:
    """The only post whose words this caller may read, or None for all. AccessDenied."""
    caller.require_role("officer", "field_commander", "command_post", "ops_head")
    claims = caller.claims
    if claims.role == "officer" and claims.officer != officer_id:
        raise AccessDenied("an officer reads his own reports", code="not_yours")
    if claims.role in {"field_commander", "command_post"}:
        if claims.post is None:
            raise AccessDenied("this token names no post", code="not_yours")
        return claims.post
    return None
