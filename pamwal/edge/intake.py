"""From what a sender said to what stands in the log: the request, its words about persons, and its record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pamwal.contracts.claims import reserved_id
from pamwal.contracts.codec import encode
from pamwal.contracts.envelope import (
    CHANNEL_HEADER,
    CONTENT_TYPE,
    CONTENT_TYPE_HEADER,
    POST_HEADER,
    Request,
)
from pamwal.contracts.errors import AccessDenied
from pamwal.contracts.rights import foreign_source, not_allowed
from pamwal.contracts.topics import PERSONAL
from pamwal.contracts.zones import local_text
from pamwal.edge.answers import Told
from pamwal.edge.auth import Caller
from pamwal.edge.clock import Clock
from pamwal.edge.decode import Lifted, Posted
from pamwal.edge.personal import Personal
from pamwal.edge.sender import Sender
from pamwal.edge.spec import Advise, Examine, ZoneOf
from pamwal.edge.times import time_advice
from pamwal.edge.waiting import Key
from pamwal.wire.log import Outgoing, Receipt

_CONTENT_TYPE = (CONTENT_TYPE_HEADER, CONTENT_TYPE.encode())


Seal = Callable[[Outgoing], Outgoing]
"""A record of a request → the same record, sealed."""


def without_seal(record: Outgoing) -> Outgoing:
    """What a log takes whose deciders ask for no seal."""
    return record


class Prepared(NamedTuple):
    """A request that is ready to be sent, after its `personal` records."""

    key: Key
    record: Outgoing
    personal: list[Outgoing]
    told: Told
    """For its sender, beside the decision."""


class Asked(NamedTuple):
    """A request as it would stand in the log, and the words about persons it points at."""

    request: Request[Any]
    personal: list[Outgoing]


class Intake:
    """Adds what the edge knows: when it first had the request, whose it is, and what the token allows."""

    def __init__(
        self,
        clock: Clock,
        personal: Personal | None,
        examine: Examine | None = None,
        advise: Advise | None = None,
        *,
        seal: Seal = without_seal,
        zone_of: ZoneOf | None = None,
    ) -> None:
        self._clock, self._personal, self._examine, self._advise = clock, personal, examine, advise
        self._seal, self._zone_of = seal, zone_of

    def prepare(
        self, posted: Posted[Any], type_name: str, operation_id: str, caller: Caller, traceparent: str | None
    ) -> Prepared:
        """Everything that is sent for a request."""
        request, personal = self.request_of(posted, type_name, operation_id, caller, traceparent)
        post = request.postid
        headers = (_CONTENT_TYPE, (POST_HEADER, post.encode()), (CHANNEL_HEADER, posted.channel.encode()))
        record = Outgoing(operation_id.encode(), encode(request), headers)
        told = self.told_of(posted, request)
        return Prepared((operation_id, post, posted.id), self._seal(record), personal, told)

    def told_of(self, posted: Posted[Any], request: Request[Any]) -> Told:
        """What the answer says of the request beside its decision."""
        advice = self._advise(request) if self._advise is not None else []
        zone = self._zone(request.operationid)
        if zone is None:
            return Told(advice=advice)
        return Told(local_text(request.time, zone), [*advice, *time_advice(posted, request, zone)])

    def told_again(self, operation_id: str, time: str) -> Told:
        """What an answer to an earlier request says beside its decision: its Instant `time`, no advice."""
        zone = self._zone(operation_id)
        return Told() if zone is None else Told(local_text(time, zone))

    def _zone(self, operation_id: str) -> str | None:
        return self._zone_of(operation_id) if self._zone_of is not None else None

    def request_of(
        self, posted: Posted[Any], type_name: str, operation_id: str, caller: Caller, traceparent: str | None
    ) -> Asked:
        """The post is the one that `source` names; whether the token may speak for it, the core says.

        HttpProblem for what the service does not let in.
        """
        _require_own_source(posted.source, caller)
        _require_free_id(posted.id, type_name, caller)
        post, now = posted.source.split("/", 3)[2], self._clock.now()
        data: Any = posted.data
        personal: list[Outgoing] = []
        if self._personal is not None:
            data, personal = self._personal.split(
                data, operation_id=operation_id, request_id=posted.id, now=now
            )
        request: Request[Any] = Request(
            specversion="1.0",
            id=posted.id,
            source=posted.source,
            type=type_name,
            time=posted.time,
            channel=posted.channel,
            data=data,
            subject=posted.subject,
            sentat=posted.sentat,
            sourceseq=posted.sourceseq,
            operationid=operation_id,
            postid=post,
            recordedat=now,
            actor=caller.actor,
            claims=caller.claims_text,
            traceparent=traceparent,
            datacontenttype="application/json",
            # words about persons must not be told by a digest without salt
            original=posted.digest if isinstance(posted, Lifted) and data == posted.data else None,
        )
        if self._examine is not None and not_allowed(request) is None:
            # whom the decider refuses is told nothing of the roster
            self._examine(posted, operation_id, caller.claims)
        return Asked(request, personal)


def _require_own_source(source: str, caller: Caller) -> None:
    """AccessDenied if the token has a source of its own, and speaks as another one."""
    foreign = foreign_source(caller.claims, source)
    if foreign is not None:
        raise AccessDenied(f"{foreign.message}: {foreign.possible}", code=foreign.code)


def _require_free_id(request_id: str, type_name: str, caller: Caller) -> None:
    """AccessDenied if the id is one of those that the service's own requests have."""
    reserved = reserved_id(type_name, request_id, caller.claims)
    if reserved is not None:
        raise AccessDenied(f"{reserved.message}: {reserved.possible}", code=reserved.code)


async def keep_personal(sender: Sender, records: list[Outgoing]) -> None:
    """Keeps words about persons before anything in the log points at them. LogError if they are not kept."""
    for result in await sender.send_all(PERSONAL.name, records):
        if not isinstance(result, Receipt):
            raise result
