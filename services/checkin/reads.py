"""GET: what was said of an officer on a day. Incidents have a file of their own.

An edge folds the decisions itself, whether or not a decider runs beside it. A token reads what it may say: an
officer his own presence and incidents, a post what it said itself, the head of operations everything.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Response
from msgspec.structs import replace

from pamwal.contracts.claims import MODES, Claims, Mode, modes_of
from pamwal.contracts.codec import Fact, decode_known
from pamwal.contracts.envelope import Decision
from pamwal.contracts.errors import AccessDenied
from pamwal.contracts.field import CheckedIn, CheckedOut, PollAcked, RollCalled
from pamwal.contracts.instants import to_ms
from pamwal.contracts.officer_reads import Observation, OfficerDay
from pamwal.contracts.persons import officer_key
from pamwal.contracts.routes import FIELD
from pamwal.contracts.topics import FIELD_DECISIONS
from pamwal.contracts.zones import Zone, midnight
from pamwal.edge.access import for_roles
from pamwal.edge.app import Caller, Reader
from pamwal.edge.follow import Follower, not_folded
from pamwal.edge.moments import DayAsked, ZoneAsked
from pamwal.edge.shapes import answers, json_of
from pamwal.wire.log import Log, Record, TopicPartition
from pamwal.wire.partitioning import partition_of
from pamwal.wire.records import records_at
from services.checkin.journal import Journal
from services.checkin.logbook import Logbook
from services.checkin.planned.devices import Devices
from services.checkin.plans import Plans

ROOT: Final = "/checkin/v1/operations/{operation_id}"
LINES_MAX: Final = 200
"""More reports of one officer on one day than this are cut; nobody is seen so often."""


class Heard:
    """What tokens of one mode said."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.devices = Devices()
        self.logbook = Logbook()

    def fold(self, decision: Decision[Fact], offset: int) -> None:
        """Takes a decision in; `offset` is where the decisions topic keeps it."""
        self.journal.fold(decision, offset)
        self.devices.fold(decision)
        self.logbook.fold(decision, offset)


class FieldReads:
    """What was heard, followed in the log. A reader is told what tokens of his own mode said.

    Once an operation is opened, no edge lets a token of the other mode in; before, each has its own.
    """

    def __init__(self, log: Log) -> None:
        self.heard: Final[dict[Mode, Heard]] = {mode: Heard() for mode in MODES}
        self.follower = Follower(log, [FIELD_DECISIONS.name], self._fold)
        self.log = log

    def by(self, caller: Caller) -> Heard:
        """What this caller may hear of."""
        return self.heard[caller.claims.mode]

    def lost(self, claims: Claims) -> bool:
        """Whether the device these claims are of was revoked.

        HttpProblem 503 while that is not known here.
        """
        if not self.follower.level_once:
            raise not_folded()
        return self.heard[claims.mode].devices.lost(claims.operation, claims.post, claims.device)

    def knows(self, operation_id: str) -> bool:
        """Whether anything of an operation is read here."""
        return any(heard.journal.knows(operation_id) for heard in self.heard.values())

    def cites(self, operation_id: str, sha256: str) -> bool:
        """Whether an incident cites a file. HttpProblem 503 while not all decisions are read here."""
        if not self.follower.level_once or self.follower.trouble() is not None:
            raise not_folded()
        return any(heard.journal.cites(operation_id, sha256) for heard in self.heard.values())

    async def day_of(
        self, heard: Heard, operation_id: str, officer_id: str, first_ms: int, end_ms: int, zone: Zone
    ) -> OfficerDay:
        """The officer's observations in the half-open interval, a day of `zone`. LogError."""
        count = await self.log.partition_count(FIELD_DECISIONS.name)
        at = TopicPartition(FIELD_DECISIONS.name, partition_of(operation_id.encode(), count))
        offsets = heard.journal.reports_of(operation_id, officer_id, first_ms, end_ms)
        found: list[Observation] = []
        for record in await records_at(self.log, at, offsets[:LINES_MAX]):
            found += _observations(heard, record, operation_id, officer_id)
        return OfficerDay(officer_id=officer_id, observations=found, cut=len(offsets) > LINES_MAX, zone=zone)

    def _fold(self, _: TopicPartition, records: list[Record]) -> None:
        for record, decision in self.follower.decisions(records):
            asked = decision.data.request
            for mode in modes_of(asked.mode if asked is not None else None):
                self.heard[mode].fold(decision, record.offset)


def field_router(reads: FieldReads, plans: Plans) -> APIRouter:
    """The GET routes on presence."""
    router = APIRouter(tags=["reads"])

    @router.get(
        f"{ROOT}/officers/{{officer_id}}/observations",
        summary="What was said of an officer's presence on a local day",
        responses=answers(OfficerDay),
        openapi_extra=for_roles(*FIELD),
    )
    async def observations(
        operation_id: str,
        officer_id: Annotated[str, Path(max_length=32)],
        day: DayAsked,
        caller: Reader,
        zone: ZoneAsked = None,
    ) -> Response:
        post, zone = only_post(caller, officer_id), zone or plans.zone_of(operation_id)
        first_ms, end_ms = (to_ms(midnight(day.isoformat(), zone, days_later=n)) for n in (0, 1))
        unnamed = plans.unnamed(caller, operation_id, first_ms, end_ms)
        if unnamed.text(officer_id) != officer_id:
            return json_of(OfficerDay(officer_id=officer_id, observations=[], zone=zone))
        found = await reads.day_of(reads.by(caller), operation_id, officer_id, first_ms, end_ms, zone)
        own = [one for one in found.observations if post in {None, one.postid}]
        return json_of(unnamed.answer(replace(found, observations=own)))

    return router


def _observations(heard: Heard, record: Record, operation_id: str, officer_id: str) -> list[Observation]:
    data = decode_known(record.value)[0].data
    post = (data.request.postid if data.request is not None else None) or ""
    source = (data.request.source if data.request is not None else None) or ""
    found = []
    for fact in data.facts:
        own = of_officer(fact, officer_id)
        if own is not None:
            of_him = officer_id if isinstance(own, CheckedIn | CheckedOut) else None
            void = heard.journal.void_of(operation_id, post, own.id, of_him)
            found.append(
                Observation(
                    fact=own,
                    postid=post,
                    voided_by=void.author if void else None,
                    void_cause=void.cause if void else None,
                    void_cause_ref=void.cause_ref if void else None,
                    device_lost=heard.devices.doubtful(operation_id, source, own),
                )
            )
    return found


def of_officer(fact: object, officer_id: str) -> CheckedIn | CheckedOut | RollCalled | PollAcked | None:
    """What a fact says of one officer's presence, and of nobody else's; None if it does not."""
    own = officer_key(officer_id)
    match fact:
        case CheckedIn() | CheckedOut() | PollAcked():
            return fact if officer_key(fact.officer_id) == own else None
        case RollCalled():
            present = [each for each in fact.present if officer_key(each) == own]
            missing = [each for each in fact.not_present if officer_key(each.officer_id) == own]
            return replace(fact, present=present, not_present=missing) if present or missing else None
        case _:
            return None


def only_post(caller: Caller, officer_id: str | None = None) -> str | None:
    """The only post whose words this caller may read, or None for all. AccessDenied.

    An officer reads what is said of himself, `officer_id`; nothing else.
    """
    claims = caller.claims
    own = officer_key(claims.officer or "")
    if claims.role == "officer" and (officer_id is None or own != officer_key(officer_id)):
        raise AccessDenied("an officer reads his own reports", code="not_yours")
    if claims.role in {"field_commander", "command_post"}:
        if claims.post is None:
            raise AccessDenied("this token names no post", code="not_yours")
        return claims.post
    return None
