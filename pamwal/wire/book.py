"""A partition's book: where its decisions stand, what they chain to, what was answered. Pure."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from pamwal.contracts import codec
from pamwal.contracts.claims import mode_in
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import CHAIN_HEADER, CONTENT_TYPE, CONTENT_TYPE_HEADER, Decision, Request
from pamwal.contracts.errors import ContractError, Halted
from pamwal.wire.answers import DIGEST_BYTES, Answer, FirstAnswers
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


class Book:
    """What a fold over a partition's decisions knows without knowing any service."""

    def __init__(
        self, cluster_id: str, requests_topic: str, decisions_topic: str, partition: int, partitions: int
    ) -> None:
        self.requests_topic = requests_topic
        self.decisions_topic = decisions_topic
        self.partition = partition
        self.partitions = partitions
        self.next_offset = 0
        """The first request that is not decided yet."""
        self.knownat = ""
        self.chain = genesis(cluster_id, decisions_topic, partition)
        self.last: LastRequest | None = None
        self.answers = FirstAnswers()

    def first_answer(self, request: Request[Any]) -> Answer | None:
        """What was answered first to this id of its post, said by tokens of the same mode."""
        mode = mode_in(request.claims)
        return self.answers.find(request.operationid, request.postid, request.id, mode)

    def read(self, record: Record) -> Decision[Fact]:
        """A stored decision, if it is the one that must come next; else Halted (`decisions_broken`)."""
        place = f"{record.topic}-{record.partition}-{record.offset}"
        try:
            decision = codec.decode_decision(record.value)
        except ContractError as error:
            raise Halted("decisions_broken", f"{place} cannot be read: {error}") from error
        request = decision.data.request
        if request is None or request.offset != self.next_offset:
            found = "no request" if request is None else f"request {request.offset}"
            raise Halted("decisions_broken", f"{place} answers {found}; {self.next_offset} must come next")
        chain = link(self.chain, record.key or b"", record.value)
        if record.header(CHAIN_HEADER) != chain.hex().encode():
            raise Halted("decisions_broken", f"{place} does not chain to the decision before it")
        stated = decision.data.partitions
        if self.next_offset == 0 and stated != self.partitions:
            raise Halted(
                "partition_count", f"{place} was written for {stated} partitions; there are {self.partitions}"
            )
        return decision

    def enter(self, decision: Decision[Fact], key: bytes, value: bytes) -> Outgoing:
        """Takes up a decision, new or stored, and returns it as it stands in the log, with its chain."""
        data = decision.data
        request = data.request
        if request is None:
            raise ValueError(f"{decision.id} answers no request; this book holds only answers")
        self.chain = link(self.chain, key, value)
        self.next_offset = request.offset + 1
        self.knownat = data.knownat
        if data.reason is None or data.reason.code != "absent":
            self.last = LastRequest(request.offset, request.sha256)
        if data.digest is not None and request.id is not None and data.outcome != "repeat":
            self.answers.keep(
                decision.operationid,
                request.postid or "",
                request.id,
                request.mode,
                Answer(
                    request.offset,
                    bytes.fromhex(data.digest)[:DIGEST_BYTES],
                    data.outcome,
                    len(data.facts),
                    data.reason,
                ),
            )
        return Outgoing(key, value, (_CONTENT_TYPE, (CHAIN_HEADER, self.chain.hex().encode())))
