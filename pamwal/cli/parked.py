"""`pamwal parked`: records that nobody could decide, and how a partition gets past one."""

from __future__ import annotations

import asyncio
import getpass
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Final

import typer
from rich.table import Table

from pamwal.cli._console import console, show_table
from pamwal.cli._cores import DECIDING, core_of
from pamwal.cli._settings import clock_of_environment, kafka_log
from pamwal.contracts.codec import Fact, decode_decision
from pamwal.contracts.envelope import PARKED_BYTES_KEPT, DecisionData
from pamwal.contracts.errors import ContractError, LogError, LogTruncated
from pamwal.contracts.kafka_users import decider_user
from pamwal.contracts.topics import decisions_of
from pamwal.edge.clock import Clock
from pamwal.edge.clock_watch import proving
from pamwal.wire.finding import find_decision
from pamwal.wire.log import Log, Receipt, Record, TopicPartition
from pamwal.wire.parking import park
from pamwal.wire.replay import replay

app = typer.Typer(no_args_is_help=True, add_completion=False)
RECEIPT_HELP: Final = "Where the request stands: topic-partition-offset."


@app.callback()
def parked() -> None:
    """Requests that were set aside because nobody could decide them. They stay in the log."""


@app.command(name="list", epilog="Example:  pamwal parked list")
def list_() -> None:
    """Every parked request of the cluster, with why."""
    found = asyncio.run(_all())
    if not found:
        typer.echo("nothing is parked")
        return
    table = Table("request", "bytes", "why", box=None, pad_edge=False)
    for receipt, data in found:
        size = str(data.parked.size) if data.parked else ""
        table.add_row(str(receipt), size, _why(data))
    show_table(console(), table)


@app.command(epilog="Example:  pamwal parked show pamwal.field.requests.v1-3-17")
def show(receipt: Annotated[str, typer.Argument(help=RECEIPT_HELP)]) -> None:
    """What stands there: the record's first 4 KiB, its headers, and its decision if it has one."""
    typer.echo(asyncio.run(_show(Receipt.parse(receipt))))


@app.command(
    epilog="Example:  pamwal parked put pamwal.field.requests.v1-3-17 --reason 'breaks decide, issue 42'"
)
def put(
    *,
    receipt: Annotated[str, typer.Argument(help=RECEIPT_HELP)],
    reason: Annotated[str, typer.Option(help="Why; it is kept in the decision for ever.")],
    operator: Annotated[str | None, typer.Option(help="Who; the login name if left out.")] = None,
) -> None:
    """Park the request a halted partition stands before, so that it goes on behind it.

    Only the first undecided request of a partition can be parked. Nothing is deleted. It cannot be undone,
    but its sender may say the same under a new id. On a broker that knows its clients this writes as the
    service's decider, so that user's secret has to be in PAMWAL_KAFKA_CREDENTIALS.

    In an exercise on a simulated clock set PAMWAL_CLOCK to what the services run on, anchor included: the
    decision says when it was made, and no later one may be older.
    """
    typer.echo(asyncio.run(_put(Receipt.parse(receipt), reason, operator or getpass.getuser())))


async def _all() -> list[tuple[Receipt, DecisionData[Fact]]]:
    found: list[tuple[Receipt, DecisionData[Fact]]] = []

    def take(at: TopicPartition, records: list[Record]) -> None:
        for record in records:
            data = decode_decision(record.value).data
            if data.outcome == "parked" and data.request is not None:
                requests = next(name for name in DECIDING if decisions_of(name).name == at.topic)
                found.append((Receipt(requests, at.partition, data.request.offset), data))

    async with _log() as log:
        for topic in DECIDING:
            name = decisions_of(topic).name
            count = await log.partition_count(name)
            await replay(log, {TopicPartition(name, number): 0 for number in range(count)}, take)
    return sorted(found, key=lambda each: each[0])


async def _show(receipt: Receipt) -> str:
    core_of(receipt.topic)
    async with _log() as log:
        return await shown(log, receipt)


async def shown(log: Log, receipt: Receipt) -> str:
    """What stands there, for people. LogError if nothing does, LogTruncated if a decided request did."""
    record = await log.fetch(TopicPartition(receipt.topic, receipt.partition), receipt.offset)
    if record is not None and record.offset != receipt.offset:
        record = None
    decided = await find_decision(log, receipt)
    if record is None:
        if decided is not None:
            raise LogTruncated(f"no record stands at {receipt}, and {_decided_another(decided)}")
        raise LogError(f"no record stands at {receipt}")
    head = record.value[:PARKED_BYTES_KEPT].decode(errors="replace")
    headers = [f"{name}: {value.decode(errors='replace')}" for name, value in record.headers]
    key = (record.key or b"").decode(errors="replace")
    lines = [
        f"{receipt}, {len(record.value)} bytes",
        f"key: {key}",
        *headers,
        f"decision: {_decision(decided, record)}",
    ]
    return "\n".join([*lines, "", head])


def _decision(decided: Record | None, request: Record) -> str:
    if decided is None:
        return "none yet"
    try:
        data = decode_decision(decided.value).data
    except ContractError as error:
        return f"cannot be read: {error}"
    if data.request is not None and data.request.sha256 != hashlib.sha256(request.value).hexdigest():
        return f"none of this record: {_decided_another(decided)}"
    return data.outcome + (f", {_why(data)}" if data.outcome != "accepted" else "")


def _decided_another(decided: Record) -> str:
    """Log truncated, in a sentence: offsets of lost requests were given out again."""
    place = Receipt(decided.topic, decided.partition, decided.offset)
    return (
        f"{place} decided another request that stood there, which "
        "the log has lost (log_truncated): restore the log, then restart the services"
    )


def _why(data: DecisionData[Fact]) -> str:
    if data.parked is not None:
        return data.parked.error
    return data.reason.message if data.reason is not None else ""


async def _put(receipt: Receipt, reason: str, operator: str) -> str:
    clock = clock_of_environment()
    # parking is writing a decision, which a broker takes from that service's decider only
    async with _log(decider_user(core_of(receipt.topic).service)) as log:
        return await put_aside(log, clock, receipt, reason=reason, operator=operator)


async def put_aside(log: Log, clock: Clock, receipt: Receipt, *, reason: str, operator: str) -> str:
    """Parks the request and says so.

    LogError; ClockError for a simulated clock where none is allowed, and while the system clock is not
    proven; Halted where the partition's last decision is in the future.
    """
    core = core_of(receipt.topic)
    async with proving(clock, log):
        now = clock.now()
        decision = await park(
            log,
            core,
            receipt.partition,
            receipt.offset,
            reason=reason,
            operator=operator,
            now=now,
            proof=clock.proof,
            simulated=clock.simulated,
        )
    whose = "PAMWAL_CLOCK" if clock.simulated else "the system's clock"
    return (
        f"parked by {decision} at {now} by {whose}; the partition goes on with request {receipt.offset + 1}"
    )


@asynccontextmanager
async def _log(user: str | None = None) -> AsyncIterator[Log]:
    log = kafka_log(user)
    try:
        yield log
    finally:
        await log.close()
