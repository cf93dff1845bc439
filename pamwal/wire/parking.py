"""How an operator frees a halted partition: one decision, `parked`, written the way the owner writes.

There is no instruction to be stored and obeyed later. The command fences the partition, folds its decisions
without any service code (that is what failed), writes the one decision and goes. The owner was shut out by
that; it sees that the decisions moved on, folds them and goes on behind the record.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pamwal.contracts import codec
from pamwal.contracts.envelope import Request
from pamwal.contracts.errors import ContractError, LogError
from pamwal.contracts.kafka_users import transactional_id_of
from pamwal.wire.book import Book
from pamwal.wire.clock_proof import ClockProof, DecidingClock
from pamwal.wire.core import Ruling
from pamwal.wire.decided import parked
from pamwal.wire.guards import refuse_future
from pamwal.wire.log import Log, Receipt, Record, TopicPartition
from pamwal.wire.own_fold import new_book
from pamwal.wire.partition_count import refuse_other_count
from pamwal.wire.replay import replay

S = TypeVar("S")
CODE = "parked_by_operator"


async def park(
    log: Log,
    core: Ruling[S],
    partition: int,
    offset: int,
    *,
    reason: str,
    operator: str,
    now: str,
    proof: ClockProof | None = None,
    simulated: bool = False,
) -> Receipt:
    """Decides the request at `offset` as parked and returns where that decision stands.

    Only the first undecided request can be parked: LogError, and nothing written, for any other. `now` is an
    instant, `proof` that of the clock that shows it, and `simulated` what kind of clock that is; `reason` and
    `operator` are kept in the decision. Halted if the last decision is in the future; ClockUnproven.
    """
    clock = DecidingClock(lambda: now, proof, simulated=simulated)
    # before the fence, which costs a healthy owner a fold
    before = await _folded(log, core, partition)
    _refuse_unless_next(before, offset)
    await refuse_future(log, TopicPartition(core.decisions_topic, partition), before.knownat, clock)
    await _undecided(log, core, partition, offset)
    transactor = await log.fence(transactional_id_of(core.service, partition))
    try:
        book = await _folded(log, core, partition)
        _refuse_unless_next(book, offset)
        record = await _undecided(log, core, partition, offset)
        decision = parked(
            book, core.version, record, CODE, f"{reason} ({operator})", now, _read(record), by_operator=True
        )
        key, value = decision.operationid.encode(), codec.encode(decision)
        clock.require(decision.data.knownat)
        written = await transactor.write(core.decisions_topic, partition, [book.enter(decision, key, value)])
    finally:
        await transactor.close()
    return Receipt(core.decisions_topic, partition, written)


async def _folded(log: Log, core: Ruling[S], partition: int) -> Book:
    book = await new_book(log, core, partition)

    def fold(_: TopicPartition, records: list[Record]) -> None:
        for record in records:
            book.enter(book.read(record), record.key or b"", record.value)

    await replay(log, {TopicPartition(core.decisions_topic, partition): 0}, fold)
    if not book.begun:
        await refuse_other_count(log, core.requests_topic, core.decisions_topic, looked_at_most=1)
    return book


def _refuse_unless_next(book: Book, offset: int) -> None:
    if book.next_offset != offset:
        raise LogError(
            f"{book.requests_topic}-{book.partition}-{offset} cannot be parked: "
            f"the first undecided request there is {book.next_offset}"
        )


async def _undecided(log: Log, core: Ruling[S], partition: int, offset: int) -> Record:
    at = TopicPartition(core.requests_topic, partition)
    record = await log.fetch(at, offset)
    if record is None or record.offset != offset:
        raise LogError(f"no record stands at {at.topic}-{partition}-{offset}")
    return record


def _read(record: Record) -> Request[Any] | None:
    try:
        return codec.decode_request(record.value)
    except ContractError:
        return None
