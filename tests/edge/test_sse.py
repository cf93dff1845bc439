"""One stream: what new, returning, quiet, slow and leaving readers get."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from pamwal.contracts.errors import AccessDenied, HttpProblem
from pamwal.edge.clock import system_ms
from pamwal.edge.sse import HEARTBEAT, Board
from tests.edge.house import DEADLINE_S, until


class Event(NamedTuple):
    id: str
    event: str
    data: str


class Picture:
    """The state behind a board: how often it changed."""

    def __init__(self, **settings: Any) -> None:
        self.count, self.snapshots = 0, 0
        self.board = Board(self.snapshot, **settings)

    def snapshot(self) -> bytes:
        self.snapshots += 1
        return b'{"count":%d}' % self.count

    def change(self, times: int = 1) -> None:
        for _ in range(times):
            self.count += 1
            self.board.publish(b'{"to":%d}' % self.count)


class Reader:
    """A peer: takes what is sent, unless it stalls."""

    def __init__(
        self, board: Board, *, last: str = "", query: str = "tick_ms=0", expires_ms: int | None = None
    ) -> None:
        self.status, self.taken, self.writes, self.ended = 0, b"", 0, False
        self.flowing, self.gone = asyncio.Event(), asyncio.Event()
        self.flowing.set()
        headers = [(b"last-event-id", last.encode())] if last else []
        scope = {"query_string": query.encode(), "headers": headers}
        self.task = asyncio.ensure_future(
            board.serve(
                scope, self.receive, self.send, expires_ms=expires_ms, more_headers=[(b"x-request-id", b"r")]
            )
        )

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await self.flowing.wait()
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
            return
        self.taken += message["body"]
        self.writes += 1
        self.ended = self.ended or not message.get("more_body", False)

    @property
    def events(self) -> list[Event]:
        found = []
        for block in self.taken.decode().split("\n\n"):
            fields = dict(
                line.split(": ", 1) for line in block.split("\n") if ": " in line and line[0] != ":"
            )
            if "event" in fields:
                found.append(Event(fields["id"], fields["event"], fields["data"]))
        return found

    async def until_events(self, number: int) -> list[Event]:
        await until(lambda: len(self.events) >= number)
        return self.events

    async def leave(self) -> None:
        self.gone.set()
        async with asyncio.timeout(DEADLINE_S):
            await self.task


class LateReader(Reader):
    """While it takes anything, more changes than the ring holds."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        super().__init__(picture.board)

    async def send(self, message: Any) -> None:
        await super().send(message)
        await asyncio.sleep(0)
        self.picture.change(20)


class RevokedReader(Reader):
    """Somebody whose device is revoked while he follows."""

    revoked = False

    async def send(self, message: Any) -> None:
        if self.revoked:
            raise AccessDenied("revoked", status=401, code="device_revoked")
        await super().send(message)


async def test_a_new_reader_gets_the_picture_then_changes() -> None:
    picture = Picture()
    picture.change(3)
    reader = Reader(picture.board)
    (first,) = await reader.until_events(1)
    assert (first.event, first.data) == ("snapshot", '{"count":3}')
    picture.change()
    assert (await reader.until_events(2))[1] == Event(f"{picture.board.epoch}.4", "delta", '{"to":4}')
    assert reader.status == 200
    assert reader.headers[b"content-type"].startswith(b"text/event-stream")
    assert reader.headers[b"x-request-id"] == b"r"
    await reader.leave()
    assert picture.board.followers == 0


async def test_a_returning_reader_gets_what_it_missed_and_no_snapshot() -> None:
    picture = Picture()
    picture.change(5)
    reader = Reader(picture.board, last=f"{picture.board.epoch}.2")
    events = await reader.until_events(3)
    assert [event.data for event in events] == ['{"to":3}', '{"to":4}', '{"to":5}']
    await reader.leave()


@pytest.mark.parametrize("seq", ["9", "9" * 5000, "x", "-1"])
async def test_a_reader_who_names_no_message_of_this_stream_gets_the_picture(seq: str) -> None:
    picture = Picture()
    picture.change(5)
    reader = Reader(picture.board, last=f"{picture.board.epoch}.{seq}")
    (first,) = await reader.until_events(1)
    assert (first.event, first.data) == ("snapshot", '{"count":5}')
    await reader.leave()


@pytest.mark.parametrize("given", ["abc", "", "-1", "0.5", "٣"])
async def test_a_tick_that_is_no_number_is_422_and_opens_no_stream(given: str) -> None:
    picture = Picture()
    reader = Reader(picture.board, query=f"tick_ms={quote(given)}")
    with pytest.raises(HttpProblem, match="tick_ms") as told:
        await reader.task
    assert (told.value.status, reader.status, picture.board.followers) == (422, 0, 0)


@pytest.mark.parametrize("query", ["tick_ms=0", "tick_ms=1000", "unheard_of=1", ""])
async def test_a_tick_that_is_a_number_and_a_parameter_nobody_knows_are_taken(query: str) -> None:
    picture = Picture()
    reader = Reader(picture.board, query=query)
    await reader.until_events(1)
    await reader.leave()
    assert reader.status == 200


@pytest.mark.parametrize("last", ["00000000.2", "{epoch}.99", "{epoch}.x", "nonsense", "{epoch}.1"])
async def test_an_unknown_epoch_or_an_id_outside_the_ring_gets_the_picture(last: str) -> None:
    picture = Picture(ring=4)
    picture.change(10)
    reader = Reader(picture.board, last=last.format(epoch=picture.board.epoch))
    assert (await reader.until_events(1))[0].event == "snapshot"
    await reader.leave()


async def test_each_change_and_each_picture_is_encoded_once_for_all() -> None:
    picture = Picture()
    readers = [Reader(picture.board) for _ in range(20)]
    for reader in readers:
        await reader.until_events(1)
    assert picture.snapshots == 1
    picture.change()
    for reader in readers:
        await reader.until_events(2)
        await reader.leave()


async def test_on_a_quiet_board_a_change_goes_out_at_once() -> None:
    picture = Picture(tick_ms=3_600_000)
    reader = Reader(picture.board, query="")
    await reader.until_events(1)
    picture.change()
    await reader.until_events(2)
    await reader.leave()


async def test_the_next_changes_go_out_together_once_a_tick_is_over() -> None:
    picture = Picture(tick_ms=1_000)
    reader = Reader(picture.board, query="")
    await reader.until_events(1)
    loop = asyncio.get_running_loop()
    picture.change()
    begun = loop.time()
    await reader.until_events(2)
    before = reader.writes
    picture.change(10)
    await reader.until_events(12)
    assert loop.time() - begun > 0.9
    assert reader.writes == before + 1, "ten changes, one write"
    await reader.leave()


async def test_changes_of_one_tick_can_be_merged_into_one() -> None:
    def merge(deltas: Sequence[bytes]) -> bytes:
        return b"[" + b",".join(deltas) + b"]"

    picture = Picture(tick_ms=50, merge=merge)
    reader = Reader(picture.board, query="")
    await reader.until_events(1)
    picture.change(3)
    events = await reader.until_events(3)
    assert events[-1] == Event(f"{picture.board.epoch}.3", "delta", '[{"to":2},{"to":3}]')
    await reader.leave()


async def test_a_slow_reader_gets_a_fresh_picture_instead_of_what_it_missed() -> None:
    picture = Picture(ring=8)
    reader = Reader(picture.board)
    for pictures in (1, 2, 3):
        await until(lambda: _is_idle(picture.board))
        reader.flowing.clear()
        picture.change()
        await until(lambda: _is_sending(picture.board))
        picture.change(20)
        reader.flowing.set()
        await until(lambda number=pictures: _snapshots(reader) == number + 1)  # type: ignore[misc]
    assert reader.events[-1].data == '{"count":63}'
    assert not reader.task.done(), "each time it had caught up in between"
    await reader.leave()


async def test_who_falls_behind_again_before_catching_up_is_cut() -> None:
    picture = Picture(ring=8)
    reader = LateReader(picture)
    async with asyncio.timeout(DEADLINE_S):
        await reader.task
    assert reader.ended
    assert _snapshots(reader) == 2
    assert len(reader.events) == 2


async def test_a_reader_that_takes_nothing_is_cut_and_its_memory_freed() -> None:
    picture = Picture(heartbeat_s=0.02, stall_s=0.05)
    reader = Reader(picture.board)
    await reader.until_events(1)
    reader.flowing.clear()
    picture.change()
    async with asyncio.timeout(DEADLINE_S):
        await reader.task
    assert picture.board.followers == 0


async def test_a_reader_that_leaves_while_it_takes_nothing_is_forgotten() -> None:
    picture = Picture()
    reader = Reader(picture.board)
    await reader.until_events(1)
    reader.flowing.clear()
    picture.change()
    await until(lambda: _is_sending(picture.board))
    await reader.leave()
    assert picture.board.followers == 0


async def test_whoever_may_not_follow_any_more_is_told_nothing_more() -> None:
    picture = Picture()
    reader = RevokedReader(picture.board)
    await reader.until_events(1)
    reader.revoked = True
    picture.change()
    async with asyncio.timeout(DEADLINE_S):
        await reader.task
    assert len(reader.events) == 1
    assert picture.board.followers == 0


async def test_a_cancelled_reader_is_not_taken_for_one_that_left() -> None:
    picture = Picture()
    reader = Reader(picture.board)
    await reader.until_events(1)
    reader.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader.task
    assert picture.board.followers == 0


async def test_a_quiet_board_beats() -> None:
    picture = Picture(heartbeat_s=0.02)
    reader = Reader(picture.board)
    await until(lambda: reader.taken.count(HEARTBEAT) >= 2)
    await reader.leave()


async def test_a_stream_ends_with_its_token() -> None:
    picture = Picture(heartbeat_s=0.02)
    reader = Reader(picture.board, expires_ms=system_ms() + 100)
    async with asyncio.timeout(DEADLINE_S):
        await reader.task
    assert reader.ended


async def test_a_closing_board_ends_its_streams_and_takes_no_more() -> None:
    picture = Picture()
    reader = Reader(picture.board)
    await reader.until_events(1)
    picture.board.close()
    async with asyncio.timeout(DEADLINE_S):
        await reader.task
    assert reader.ended
    with pytest.raises(HttpProblem):
        await Reader(picture.board).task


async def test_a_full_board_is_503() -> None:
    picture = Picture(followers_max=1)
    reader = Reader(picture.board)
    await reader.until_events(1)
    with pytest.raises(HttpProblem) as caught:
        await Reader(picture.board).task
    assert caught.value.status == 503
    await reader.leave()


async def test_one_leaving_reader_harms_no_other() -> None:
    picture = Picture()
    one, other = Reader(picture.board), Reader(picture.board)
    await one.until_events(1)
    await other.until_events(1)
    await one.leave()
    picture.change()
    assert len(await other.until_events(2)) == 2
    await other.leave()


async def test_lines_inside_a_change_stay_inside_it() -> None:
    picture = Picture()
    reader = Reader(picture.board)
    await reader.until_events(1)
    picture.board.publish(b'{"a":1,\r\n"b":2}')
    await until(lambda: reader.taken.endswith(b'data: {"a":1,\ndata: "b":2}\n\n'))
    await reader.leave()


def _is_sending(board: Board) -> bool:
    return any(follower.sending_since_s is not None for follower in board._followers)


def _is_idle(board: Board) -> bool:
    return board.followers > 0 and all(each.waiting is not None for each in board._followers)


def _snapshots(reader: Reader) -> int:
    return sum(event.event == "snapshot" for event in reader.events)
