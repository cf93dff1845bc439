"""Which operations a SitRep leads to: those whose SitReps it cites, and those that these cite in turn."""

from __future__ import annotations

import msgspec

from pamwal.contracts.codec import decode_decision
from pamwal.contracts.errors import ContractError
from pamwal.contracts.sitreps import SitRep, SitRepPublished
from pamwal.wire.log import Log, Record, TopicPartition
from pamwal.wire.partitioning import partition_of
from pamwal.wire.replay import replay

_document = msgspec.json.Decoder(SitRep)
Name = tuple[str, int]
"""Operation and number of a SitRep."""


async def operations_cited(log: Log, decisions_topic: str, operation_id: str, number: int) -> list[str]:
    """The operation itself and every one that is led to, each once; LogError.

    What cannot be read leads nowhere.
    """
    partitions = await log.partition_count(decisions_topic)
    documents: dict[TopicPartition, dict[Name, str]] = {}
    waiting: list[Name] = [(operation_id, number)]
    met: set[Name] = set()
    while waiting:
        name = waiting.pop()
        if name in met:
            continue
        met.add(name)
        at = TopicPartition(decisions_topic, partition_of(name[0].encode(), partitions))
        if at not in documents:
            documents[at] = await _documents(log, at)
        waiting += _led_to(documents[at].get(name))
    return sorted({operation for operation, _ in met})


async def _documents(log: Log, at: TopicPartition) -> dict[Name, str]:
    found: dict[Name, str] = {}

    def take(_: TopicPartition, records: list[Record]) -> None:
        for record in records:
            try:
                decision = decode_decision(record.value)
            except ContractError:
                continue
            for fact in decision.data.facts:
                if isinstance(fact, SitRepPublished):
                    found[decision.operationid, fact.number] = fact.document

    await replay(log, {at: 0}, take, upto="committed")
    return found


def _led_to(document: str | None) -> list[Name]:
    if document is None:
        return []
    try:
        cited = _document.decode(document).children or []
    except msgspec.DecodeError:
        return []
    return [(each.operation_id, each.number) for each in cited if each.number is not None]
