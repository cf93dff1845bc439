"""A partition's book: where its decisions stand, what they chain to, what was answered. Pure."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from msgspec import Struct

from pamwal.contracts import codec
from pamwal.contracts.claims import mode_in
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import (
    CHAIN_HEADER,
    CONTENT_TYPE,
    CONTENT_TYPE_HEADER,
    Decision,
    DecisionData,
    Request,
    RequestRef,
)
from pamwal.contracts.errors import ContractError, Halted
from pamwal.wire.answers import Answer, FirstAnswers, KeptAnswers, digest_kept
from pamwal.wire.log import Outgoing, Record

_CONTENT_TYPE = (CONTENT_TYPE_HEADER, CONTENT_TYPE.encode())


def genesis(cluster_id: str, decisions_topic: str, partition: int) -> bytes:
    """The 32 bytes the first decision of a partition chains to."""
    return hashlib.sha256(f"{cluster_id}/{decisions_topic}/{partition}".encode()).digest()


def link(previous: bytes, key: bytes, value: bytes) -> bytes:
    """The chain's next 32 bytes, over the record as stored."""
    return hashlib.sha256(previous + key + value).digest()


class LastRequest(NamedTuple):
    """The newest decided request that was there to be read; a log that lost its tail shows another."""

    offset: int
    sha256: str


class KeptStrand(Struct, array_like=True):
    """How far a followed partition was read, as a snapshot keeps it."""

    cluster_id: str
    decisions_topic: str
    partition: int
    partitions: int
    next_offset: int
    causes: int
    chain: bytes
    next: int
    """The offset behind the last decision."""


class Strand:
    """A partition's decisions as they must follow each other, whoever wrote them."""

    def __init__(self, cluster_id: str, decisions_topic: str, partition: int, partitions: int) -> None:
        self.cluster_id = cluster_id
        self.decisions_topic = decisions_topic
        self.partition = partition
        self.partitions = partitions
        self.next_offset = 0
        """The first request that is not decided yet."""
        self.causes = 0
        """How many decisions no request caused; the last one's `n`."""
        self.chain = genesis(cluster_id, decisions_topic, partition)

    @property
    def place(self) -> tuple[str, str, int, int]:
        """What a strand of another partition, cluster or partition count has otherwise."""
        return self.cluster_id, self.decisions_topic, self.partition, self.partitions

    @property
    def begun(self) -> bool:
        """Whether there is any decision."""
        return self.next_offset > 0 or self.causes > 0

    @property
    def partitions_to_state(self) -> int | None:
        """What the next decision says of the partition count: the first one states it, no other."""
        return None if self.next_offset > 0 or self.causes > 0 else self.partitions

    def read(self, record: Record) -> Decision[Fact]:
        """A stored decision, if it is the one that must come next; else Halted (`decisions_broken`)."""
        place = f"{record.topic}-{record.partition}-{record.offset}"
        try:
            decision = codec.decode_decision(record.value)
        except ContractError as error:
            raise Halted("decisions_broken", f"{place} cannot be read: {error}") from error
        misplaced = self._misplaced(decision.data)
        if misplaced is not None:
            raise Halted("decisions_broken", f"{place} {misplaced}")
        chain = link(self.chain, record.key or b"", record.value)
        if record.header(CHAIN_HEADER) != chain.hex().encode():
            raise Halted("decisions_broken", f"{place} does not chain to the decision before it")
        stated = decision.data.partitions
        if not self.begun and stated != self.partitions:
            raise Halted(
                "partition_count", f"{place} was written for {stated} partitions; there are {self.partitions}"
            )
        return decision

    def step(self, data: DecisionData[Fact], key: bytes, value: bytes) -> None:
        """Goes on behind this decision, whose stored key and value these are."""
        self.chain = link(self.chain, key, value)
        if data.request is not None:
            self.next_offset = data.request.offset + 1
        if data.cause is not None:
            self.causes = data.cause.n

    def _misplaced(self, data: DecisionData[Fact]) -> str | None:
        """Why this decision cannot be the next one, or None."""
        request, cause = data.request, data.cause
        if request is None and cause is None:
            return "answers no request and names no cause"
        if request is not None and cause is not None:
            return f"answers request {request.offset} and names a cause as well"
        if request is not None and request.offset != self.next_offset:
            return f"answers request {request.offset}; {self.next_offset} must come next"
        if cause is not None and (cause.n, cause.requests) != (self.causes + 1, self.next_offset):
            due = f"{self.causes + 1} behind {self.next_offset} requests must come next"
            return f"is number {cause.n} without a request, behind {cause.requests} requests; {due}"
        return None


class KeptBook(Struct, array_like=True):
    """A book as a snapshot keeps it; what it says of its place must be the place it is taken up at."""

    cluster_id: str
    decisions_topic: str
    partition: int
    partitions: int
    next_offset: int
    causes: int
    chain: bytes
    knownat: str
    last: LastRequest | None
    seen: dict[str, int]
    answers: KeptAnswers


class Book(Strand):
    """What a fold over a partition's own decisions knows without knowing any service."""

    def __init__(
        self, cluster_id: str, requests_topic: str, decisions_topic: str, partition: int, partitions: int
    ) -> None:
        super().__init__(cluster_id, decisions_topic, partition, partitions)
        self.requests_topic = requests_topic
        self.source = f"/deciders/{decisions_topic}/{partition}"
        """That of its decisions."""
        self.names = f"{requests_topic}/{partition}/"
        """What their ids begin with."""
        self.knownat = ""
        self._last: RequestRef | None = None
        self.answers = FirstAnswers()
        self.seen: dict[str, int] = {}
        """Place → how far the last decision that looked at other topics had seen them."""

    @property
    def last(self) -> LastRequest | None:
        """The newest decided request that was there to be read."""
        last = self._last
        return None if last is None else LastRequest(last.offset, last.sha256)

    def kept(self) -> KeptBook:
        """All of it, as a snapshot keeps it."""
        return KeptBook(
            *self.place,
            self.next_offset,
            self.causes,
            self.chain,
            self.knownat,
            self.last,
            self.seen,
            self.answers.kept(),
        )

    def restore(self, kept: KeptBook) -> None:
        """Goes on where a book of the same place was. ValueError, and nothing taken up, if of another."""
        its = (kept.cluster_id, kept.decisions_topic, kept.partition, kept.partitions)
        if self.place != its:
            raise ValueError(f"the book of {its} is not that of {self.place}")
        self.answers.restore(kept.answers)
        self.next_offset, self.causes, self.chain = kept.next_offset, kept.causes, kept.chain
        self.knownat, self.seen = kept.knownat, kept.seen
        self._last = (
            None if kept.last is None else RequestRef(offset=kept.last.offset, sha256=kept.last.sha256)
        )

    def first_answer(self, request: Request[Any]) -> Answer | None:
        """What was answered first to this id of its post, said by tokens of the same mode."""
        mode = mode_in(request.claims)
        return self.answers.find(request.operationid, request.postid, request.id, mode)

    def enter(self, decision: Decision[Fact], key: bytes, value: bytes) -> Outgoing:
        """Takes up a decision, new or stored, and returns it as it stands in the log, with its chain."""
        data = decision.data
        self.step(data, key, value)
        self.knownat = data.knownat
        self.seen = (data.seen if data.cause is None else data.cause.vector) or self.seen
        if data.request is not None:
            self._answered(decision, data.request)
        return Outgoing(key, value, (_CONTENT_TYPE, (CHAIN_HEADER, self.chain.hex().encode())))

    def _answered(self, decision: Decision[Fact], request: RequestRef) -> None:
        data = decision.data
        if data.reason is None or data.reason.code != "absent":
            self._last = request
        if data.digest is not None and request.id is not None and data.outcome != "repeat":
            self.answers.keep(
                decision.operationid,
                request.postid or "",
                request.id,
                request.mode,
                Answer(
                    request.offset,
                    digest_kept(data.digest),
                    data.outcome,
                    len(data.facts),
                    data.reason,
                ),
            )
