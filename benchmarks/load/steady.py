"""So many check-ins a second, steadily, and how long each takes to be seen: on a board, in the log."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import uvloop
from msgspec import Struct

from benchmarks.workload import Field, record_of, sealing
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS
from pamwal.simulation.boards import Address, BoardReader, Day
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import TopicPartition
from pamwal.wire.tail import request_offset

CONNECTIONS: Final = 16
PATIENCE_S: Final = 15.0


class Steady(Struct, frozen=True, kw_only=True):
    """What to do. `bodies`: one a check-in, each of another officer; said in each operation in turn.

    The first operation is warm-up and not counted.
    """

    per_s: float
    checkin_port: int
    reporting_port: int
    operations: list[Day]
    bodies: list[str]
    bootstrap_servers: str
    state: str
    """The state folder of the services."""


class Seen(Struct, frozen=True, kw_only=True):
    """Milliseconds from the POST: to its answer, to the board at once, to the board at its usual pace.

    And milliseconds to a visible decision: from the sending of a request, and from when the log had it.
    """

    answered_ms: list[float]
    at_once_ms: list[float]
    usual_ms: list[float]
    decided_ms: list[float]
    appended_ms: list[float]


class Poster:
    """One kept connection, a request at a time."""

    def __init__(self, port: int, day: Day) -> None:
        self._port = port
        self._head = (
            f"POST /checkin/v1/operations/{day.operation}/check-ins HTTP/1.1\r\nhost: 127.0.0.1\r\n"
            f"authorization: Bearer {day.post_token}\r\ncontent-type: application/json\r\ncontent-length: "
        )
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, body: str) -> tuple[float, float]:
        """When it was sent, and when its answer was there. ConnectionError unless it is 201."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        sent_at = time.perf_counter()
        writer.write(f"{self._head}{len(body)}\r\n\r\n{body}".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        at = head.index(b"content-length: ") + 16
        await reader.readexactly(int(head[at : head.index(b"\r", at)]))
        if b" 201 " not in head.partition(b"\r\n")[0]:
            raise ConnectionError(f"not accepted: {head!r}")
        return sent_at, time.perf_counter()


async def on_boards(asked: Steady, day: Day) -> tuple[list[float], list[float], list[float]]:
    """Posts at the pace while two boards are followed; answered, shown at once, shown at the usual pace."""
    goal, reporting = len(asked.bodies), Address("127.0.0.1", asked.reporting_port)
    at_once, usual = BoardReader(goal), BoardReader(goal)
    posters: asyncio.Queue[Poster] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        posters.put_nowait(Poster(asked.checkin_port, day))
    times: list[tuple[float, float]] = [(0.0, 0.0)] * goal

    async def post(number: int) -> None:
        poster = await posters.get()
        times[number] = await poster.post(asked.bodies[number])
        posters.put_nowait(poster)

    async with asyncio.TaskGroup() as group:
        group.create_task(at_once.follow(reporting, day, "?tick_ms=0"))
        group.create_task(usual.follow(reporting, day, ""))
        await asyncio.wait_for(asyncio.gather(at_once.open.wait(), usual.open.wait()), PATIENCE_S)
        await _paced(asked.per_s, goal, lambda number: group.create_task(post(number)))
        await asyncio.wait_for(asyncio.gather(at_once.done.wait(), usual.done.wait()), PATIENCE_S)
    sent = sorted(sent_at for sent_at, _ in times)
    return (
        [(answered - sent_at) * 1000 for sent_at, answered in times],
        _since(sent, at_once.shown_at),
        _since(sent, usual.shown_at),
    )


async def in_the_log(asked: Steady) -> tuple[list[float], list[float]]:
    """Appends requests at the pace, without any edge, and reads their decisions."""
    log = KafkaLog(asked.bootstrap_servers)
    operation, speaker = f"{asked.operations[0].operation}-log", Field()
    warm = len(asked.bodies)
    goal = warm * len(asked.operations)
    producer = await log.producer()
    sealed = sealing(Path(asked.state), FIELD_REQUESTS.name)
    begin = sealed(record_of(operation, speaker.accepted(operation, 0), 0))
    first = await producer.send(FIELD_REQUESTS.name, begin)
    sent: dict[int, tuple[float, float]] = {}
    seen: dict[int, float] = {}
    at = TopicPartition(FIELD_DECISIONS.name, first.partition)
    reader = await log.reader({at: (await log.end_offsets([at]))[at]})

    async def send(number: int) -> None:
        began = time.perf_counter()
        record = sealed(record_of(operation, speaker.accepted(operation, number + 1), number + 1))
        receipt = await producer.send(FIELD_REQUESTS.name, record)
        sent[receipt.offset] = (began, time.perf_counter())

    async def read() -> None:
        while len(seen) < goal:
            for record in (await reader.read(max_records=100, wait_ms=1000)).get(at, []):
                offset = request_offset(record)
                if offset is not None and offset > first.offset:
                    seen[offset] = time.perf_counter()

    async with asyncio.TaskGroup() as group:
        reading = group.create_task(read())
        await _paced(asked.per_s, goal, lambda number: group.create_task(send(number)))
        await asyncio.wait_for(reading, PATIENCE_S)
    await log.close()
    offsets = sorted(seen)[warm:]
    return (
        [(seen[offset] - sent[offset][0]) * 1000 for offset in offsets],
        [(seen[offset] - sent[offset][1]) * 1000 for offset in offsets],
    )


async def _paced(per_s: float, count: int, begin: Any) -> None:
    """Begins one every 1/`per_s` seconds, whether or not those before are done."""
    began, tasks = time.perf_counter(), []
    for number in range(count):
        wait_s = began + number / per_s - time.perf_counter()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        tasks.append(begin(number))
    await asyncio.wait(tasks, timeout=PATIENCE_S)


def _since(sent: Sequence[float], shown: Sequence[float]) -> list[float]:
    """The k-th officer present belongs to the k-th check-in sent."""
    return [(shown_at - sent_at) * 1000 for sent_at, shown_at in zip(sent, shown, strict=False)]


async def run(asked: Steady) -> Seen:
    """Boards, operation after operation; then the log alone."""
    boards = [await on_boards(asked, day) for day in asked.operations][1:]
    answered, at_once, usual = ([ms for each in times for ms in each] for times in zip(*boards, strict=True))
    decided, appended = await in_the_log(asked)
    return Seen(
        answered_ms=answered, at_once_ms=at_once, usual_ms=usual, decided_ms=decided, appended_ms=appended
    )


def main() -> None:
    """`python -m benchmarks.load.steady <file with a Steady as JSON>`: a line of JSON."""
    asked = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Steady)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(msgspec.to_builtins(runner.run(run(asked)))), flush=True)


if __name__ == "__main__":
    main()
