"""Server-sent events from one shared ring per board: each delta is encoded once, whoever listens."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple, cast
from urllib.parse import parse_qs

from pamwal.contracts.errors import AccessDenied, HttpProblem
from pamwal.edge.clock import system_ms
from pamwal.edge.http import RawHeaders, Receive, Scope, Send

HEARTBEAT = b": still here\n\n"
RETRY = b"retry: 1000\n\n"
FAREWELL_S = 1.0


class Change(NamedTuple):
    """One published delta, and the frame that carries it."""

    delta: bytes
    frame: bytes


class Follower:
    """One connection: how far it is, and what wakes it."""

    __slots__ = ("beat", "behind", "cut", "instant", "sending_since_s", "seq", "waiting")

    def __init__(self, *, seq: int, instant: bool) -> None:
        self.seq, self.instant = seq, instant
        self.behind = 0
        """How often in a row it fell out of the ring."""
        self.beat = False
        self.cut = False
        """It left, or took nothing for too long: its task is cancelled, and ends as if it were done."""
        self.sending_since_s: float | None = None
        self.waiting: asyncio.Future[None] | None = None

    def wake(self) -> None:
        """There is something to send."""
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(None)

    async def wait(self) -> None:
        """Each follower waits on a future of its own: ending one harms no other."""
        self.waiting = asyncio.get_running_loop().create_future()
        try:
            await self.waiting
        finally:
            self.waiting = None


class Board:
    """One stream. `publish` a change; `snapshot` gives the whole picture to whoever is new or fell behind.

    Event ids are `<epoch>.<seq>`; another epoch, or a sequence older than the ring, is answered by a
    snapshot. The first change on a quiet board goes out at once, further ones together every `tick_ms`
    (`?tick_ms=0`: each at once), joined by `merge` if there is one. Whoever falls out of the ring gets a
    fresh snapshot; whoever falls out again before it caught up, or takes nothing for `stall_s`, is cut.
    `snapshot` must contain everything that was published.
    """

    def __init__(
        self,
        snapshot: Callable[[], bytes],
        *,
        merge: Callable[[Sequence[bytes]], bytes] | None = None,
        ring: int = 256,
        tick_ms: int = 200,
        heartbeat_s: float = 15.0,
        stall_s: float = 30.0,
        followers_max: int = 10_000,
    ) -> None:
        self._snapshot, self._merge = snapshot, merge
        self._ring: deque[Change] = deque(maxlen=ring)
        self._tick_s, self._heartbeat_s, self._stall_s = tick_ms / 1000, heartbeat_s, stall_s
        self._followers_max = followers_max
        self.epoch = secrets.token_hex(4)
        self._head = self._released = 0
        self._released_s = float("-inf")
        self._ticking: asyncio.TimerHandle | None = None
        self._beating: asyncio.TimerHandle | None = None
        self._followers: dict[Follower, asyncio.Task[None]] = {}
        self._chunks: dict[tuple[int, int], bytes] = {}
        self._fresh: tuple[int, bytes] = (-1, b"")
        self._closed = False

    @property
    def followers(self) -> int:
        """Open connections."""
        return len(self._followers)

    def publish(self, delta: bytes) -> None:
        """Adds one change, a line of JSON. Call it in the loop, after the state `snapshot` shows changed."""
        self._head += 1
        self._ring.append(Change(delta, self._frame(self._head, b"delta", delta)))
        self._chunks.clear()
        for follower in self._followers:
            if follower.instant:
                follower.wake()
        if self._ticking is None and self._followers:
            wait_s = self._released_s + self._tick_s - time.monotonic()
            if wait_s <= 0:
                self._release()
            else:
                self._ticking = asyncio.get_running_loop().call_later(wait_s, self._release)
        elif not self._followers:
            self._released = self._head

    def _release(self) -> None:
        self._ticking = None
        self._released, self._released_s = self._head, time.monotonic()
        for follower in self._followers:
            if not follower.instant:
                follower.wake()

    def close(self) -> None:
        """Ends every stream; browsers come back by themselves, to another replica."""
        self._closed = True
        for timer in (self._ticking, self._beating):
            if timer is not None:
                timer.cancel()
        for follower in self._followers:
            follower.wake()

    async def serve(
        self, scope: Scope, receive: Receive, send: Send, *, expires_ms: int | None, more_headers: RawHeaders
    ) -> None:
        """Answers one GET until the peer leaves, is cut, or its token expires.

        HttpProblem 503 if full, 422 for a `tick_ms` that is no number.
        """
        if self._closed or len(self._followers) >= self._followers_max:
            raise HttpProblem(503, "busy", "no more streams here", headers=(("retry-after", "5"),))
        follower = self._follower(scope)
        task = self._followers[follower] = cast("asyncio.Task[None]", asyncio.current_task())
        leaving = asyncio.ensure_future(_cut_when_gone(receive, follower, task))
        self._keep_beating()
        try:
            await self._follow(follower, send, expires_ms, more_headers)
        except AccessDenied:
            pass  # he may not follow any more; the stream has begun, so there is no other way to say so
        except asyncio.CancelledError:
            if not follower.cut or task.uncancel():
                raise
        finally:
            del self._followers[follower]
            leaving.cancel()

    def _follower(self, scope: Scope) -> Follower:
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        headers: dict[bytes, bytes] = dict(scope["headers"])
        last = headers.get(b"last-event-id", b"").decode("latin-1") or query.get("last_event_id", [""])[0]
        return Follower(seq=self._resume_at(last), instant=_tick_ms(query.get("tick_ms")) == 0)

    def _resume_at(self, last_event_id: str) -> int:
        epoch, _, seq = last_event_id.partition(".")
        known = epoch == self.epoch and len(seq) < 20 and seq.isdecimal() and int(seq) <= self._head
        return int(seq) if known else -1

    async def _follow(
        self, follower: Follower, send: Send, expires_ms: int | None, more_headers: RawHeaders
    ) -> None:
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
            *more_headers,
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._send(follower, send, RETRY)
        while not (self._closed or (expires_ms is not None and system_ms() >= expires_ms)):
            chunk = self._next_chunk(follower)
            if chunk is None:
                break
            if chunk:
                await self._send(follower, send, chunk)
            else:
                await follower.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                await send({"type": "http.response.body", "body": b""})

    async def _send(self, follower: Follower, send: Send, chunk: bytes) -> None:
        follower.sending_since_s = time.monotonic()
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        follower.sending_since_s = None

    def _next_chunk(self, follower: Follower) -> bytes | None:
        """What to send now; empty: nothing yet; None: this reader is too slow."""
        goal = self._head if follower.instant else max(self._released, follower.seq)
        beat, follower.beat = follower.beat, False
        if follower.seq == goal:
            follower.behind = 0
            return HEARTBEAT if beat else b""
        if follower.seq >= 0 and self._head - follower.seq <= len(self._ring):
            chunk = self._between(follower.seq, goal)
            follower.seq = goal
            return chunk
        follower.behind += follower.seq >= 0
        if follower.behind > 1:
            return None
        follower.seq = self._head
        return self._fresh_snapshot()

    def _between(self, seq: int, goal: int) -> bytes:
        chunk = self._chunks.get((seq, goal))
        if chunk is None:
            first = self._head - len(self._ring)
            changes = [self._ring[at - first] for at in range(seq, goal)]
            if self._merge is not None and len(changes) > 1:
                chunk = self._frame(goal, b"delta", self._merge([change.delta for change in changes]))
            else:
                chunk = b"".join(change.frame for change in changes)
            self._chunks[seq, goal] = chunk
        return chunk

    def _fresh_snapshot(self) -> bytes:
        if self._fresh[0] != self._head:
            self._fresh = (self._head, self._frame(self._head, b"snapshot", self._snapshot()))
        return self._fresh[1]

    def _frame(self, seq: int, event: bytes, data: bytes) -> bytes:
        data = data.replace(b"\r", b"").replace(b"\n", b"\ndata: ")
        return b"id: %s.%d\nevent: %s\ndata: %s\n\n" % (self.epoch.encode(), seq, event, data)

    def _keep_beating(self) -> None:
        if self._beating is None and not self._closed:
            self._beating = asyncio.get_running_loop().call_later(self._heartbeat_s, self._beat)

    def _beat(self) -> None:
        self._beating = None
        now_s = time.monotonic()
        for follower, task in list(self._followers.items()):
            since_s = follower.sending_since_s
            if since_s is not None and now_s - since_s > self._stall_s:
                follower.cut = True
                task.cancel()
            follower.beat = True
            follower.wake()
        if self._followers:
            self._keep_beating()


def _tick_ms(given: list[str] | None) -> int | None:
    """How far apart changes may be told. HttpProblem 422 if that is no number."""
    if given is None:
        return None
    if not re.fullmatch("[0-9]{1,9}", given[-1]):
        raise HttpProblem(
            422,
            "malformed",
            f"tick_ms: {given[-1][:40]!r} is no number of milliseconds; 0 tells each change at once",
        )
    return int(given[-1])


async def _cut_when_gone(receive: Receive, follower: Follower, task: asyncio.Task[None]) -> None:
    """Ends a stream whose peer left. Two tasks for a reader, not three: each costs it 2 kB."""
    while (await receive())["type"] != "http.disconnect":
        pass
    follower.cut = True
    task.cancel()
