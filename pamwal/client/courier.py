"""Brings a queue home: says what waits until it is answered, over any trouble, with the same ids."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import httpx

from pamwal.client.answers import Answer, RowAnswer, say_again
from pamwal.client.backoff import Backoff
from pamwal.client.homecoming import Road
from pamwal.client.queue import Queued, ReportQueue, Settled, State
from pamwal.client.receipts import ReceiptBook
from pamwal.client.responses import answer_in_row, problem_in, retry_after_ms, rows_in
from pamwal.client.sent import Attempt, Sent
from pamwal.contracts.errors import AccessDenied, HttpProblem

LINES_MAX: Final = 10_000
ROWS_MIN: Final = 20
"""What is said at once over a line that keeps breaking."""
BYTES_MAX: Final = 8 * 1024 * 1024
"""At once; an edge takes 16 MiB and 10,000 lines."""
POISON_TRIES: Final = 5
"""A report that alone makes an edge fail so often is set aside, if the edge takes others meanwhile."""
ASKED_AT_ONCE: Final = 8
ASKED_MAX: Final = 1_000
"""In one round of questions, however many are kept."""
BLAMED: Final = frozenset({400, 413, 422, 500})
"""Statuses of a whole POST that one report in it may be to blame for."""
TOLD_MS: Final = 1_000
"""A wait that is told; shorter ones are over before they are read."""
DENIED: Final = "this token was refused; the queue keeps everything until there is another"


class Courier:
    """Sends one queue for one holder of tokens.

    `token` is asked before each attempt, so that a new one is used at once; `tell` hears of trouble, and
    `progress` how many more have their answer.
    """

    def __init__(
        self,
        queue: ReportQueue,
        road: Road,
        token: Callable[[], str],
        *,
        backoff: Backoff = Backoff(most_ms=30_000),  # noqa: B008 - frozen
        receipts: ReceiptBook | None = None,
        chance: Callable[[], float] = random.random,
        tell: Callable[[str], None] = lambda _sentence: None,
        progress: Callable[[int], None] = lambda _home: None,
    ) -> None:
        self._queue, self._road, self._token = queue, road, token
        self._backoff, self._receipts = backoff, receipts
        self._chance, self._tell, self._progress = chance, tell, progress
        self._rows_max = LINES_MAX
        self._tries = 0
        """Attempts in a row that brought nothing home."""
        self._sent = Sent()
        self._refused: str | None = None
        """The token that was refused as such."""
        self._denied: tuple[str, set[str]] = ("", set())
        """A token, and the operations it may not speak in."""
        self._suspect: Queued | None = None
        """What alone made an edge fail; the others go first, to see whether the edge works."""
        self._on_trial: Queued | None = None
        """It made an edge fail that works: once more, and it is set aside."""

    async def send(self, *, within_s: float) -> Sent:
        """Sends until every report has its answer or the time is up; what has none waits in the queue.

        QueueError where another process sends the file, or it cannot be written; AccessDenied where the token
        is refused and `token` gives no other; HttpProblem for an answer that no service of ours gives.
        """
        self._sent = Sent()
        with self._queue.sending(), contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._send_all()
        counts = self._queue.counts()
        self._sent.waiting, self._sent.undecided = counts.get("waiting", 0), counts.get("kept", 0)
        if self._sent.waiting and self._tries:
            self._tell(
                f"gave up after {within_s:g} s; the last {self._tries} attempts brought no answer, and "
                f"{self._sent.waiting} reports wait in the queue: send it again, or leave "
                "'pamwal queue watch' running, which goes on until all are sent"
            )
        return self._sent

    async def watch(self, *, idle_s: float = 1.0, heartbeat_s: float | None = 60.0) -> None:
        """Sends whatever is added, for ever, and each post's heartbeat first and every `heartbeat_s`.

        QueueError as `send`. A token that is refused is waited out until `token` gives another.
        """
        with self._queue.sending():
            if heartbeat_s:  # first of all: while not all is home, who was not seen is unknown, not absent
                await self._announce()
            beating = asyncio.create_task(self._beat(heartbeat_s), name="heartbeats") if heartbeat_s else None
            try:
                await self._send_for_ever(idle_s)
            finally:
                if beating is not None:
                    beating.cancel()
                    await asyncio.gather(beating, return_exceptions=True)

    async def _send_for_ever(self, idle_s: float) -> None:
        waits = self._waits()
        while True:
            try:
                await self._send_all()
            except (AccessDenied, HttpProblem) as error:
                self._tell(str(error))
                await asyncio.sleep(next(waits) / 1000)
            else:
                waits = self._waits()
                await asyncio.sleep(idle_s)

    async def _beat(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            await self._announce()

    async def _announce(self) -> None:
        with contextlib.suppress(AccessDenied):
            await self.heartbeat()

    async def heartbeat(self) -> int:
        """Says of each post the highest numbers it gave out and what waits; returns how many were heard.

        It says how things are now, so it is not kept: the next one says it better.
        """
        return sum(
            [
                await self._road.beat(operation_id, post, data, self._usable_token())
                for (operation_id, post), data in self._queue.heartbeats().items()
            ]
        )

    # -- what waits

    async def _send_all(self) -> None:
        waits, self._tries = self._waits(), 0
        while self._queue.counts().keys() & {"waiting", "kept"}:
            attempt = await self._say_next() or await self._ask_for_kept()
            if attempt.home:
                waits, self._tries = self._waits(), 0
                continue
            self._tries += 1
            wait_ms = max(next(waits), attempt.wait_ms)
            if attempt.trouble and (self._tries == 1 or wait_ms >= TOLD_MS):
                self._tell(
                    f"{attempt.trouble}; attempt {self._tries}, the next in {max(wait_ms / 1000, 0.1):.1f} s"
                )
            await asyncio.sleep(wait_ms / 1000)

    def _waits(self) -> Iterator[float]:
        return self._backoff.waits_ms(self._chance)

    async def _say_next(self) -> Attempt | None:
        """One POST of the oldest reports that can go together; None if none waits."""
        token = self._usable_token()
        denied = self._denied[1] if self._denied[0] == token else set()
        rows = self._next_rows(denied)
        if not rows:
            suspect, self._suspect = self._suspect, None
            if denied and suspect is None and not self._queue.counts().get("kept"):
                raise AccessDenied(DENIED, code="wrong_operation")
            return Attempt() if suspect else None
        attempt = await self._say(rows, token)
        if attempt.blamed is not None:
            self._narrow(rows, attempt)
        elif attempt.cut:
            self._rows_max = max(ROWS_MIN, len(rows) // 2)
        elif attempt.home:
            self._rows_max = min(LINES_MAX, self._rows_max * 2)
            self._on_trial, self._suspect = self._suspect, None
        return attempt

    def _next_rows(self, denied: set[str]) -> list[Queued]:
        if self._on_trial is not None:
            return [self._on_trial]
        skip = None if self._suspect is None else self._suspect.number
        return self._queue.next(self._rows_max, BYTES_MAX, denied=denied, skip=skip)

    async def _say(self, rows: Sequence[Queued], token: str) -> Attempt:
        attempt = Attempt()
        try:
            async with self._road.post(rows, token) as response:
                if response.status_code < 300:
                    async for part in rows_in(response):
                        self._take(rows, part, attempt)
                else:
                    await response.aread()
                    self._turned_away(response, rows[0].operation_id, token, attempt)
        except httpx.ConnectError as error:
            attempt.trouble = f"nobody answers: {error}"
        except httpx.RequestError as error:
            attempt.trouble = f"{type(error).__name__}: {error}"
            attempt.cut = True
        return attempt

    def _take(self, rows: Sequence[Queued], part: list[RowAnswer], attempt: Attempt) -> None:
        """Keeps the answers of one part in one write: only then the reports do not wait any more."""
        settled = []
        for row in part:
            if row.row >= len(rows):
                continue
            queued = rows[row.row]
            if say_again(row.status):
                settled.append(Settled(number=queued.number, state="waiting", tries=queued.tries + 1))
            else:
                settled.append(self._settled(queued, answer_in_row(row)))
                attempt.home += 1
        self._keep(settled)

    def _settled(self, queued: Queued, answer: Answer) -> Settled:
        if answer.receipt is not None and self._receipts is not None:
            self._receipts.note(answer.receipt, queued.id)
        state: State = "answered"
        if answer.meaning == "undecided":
            state = "kept"
        elif answer.meaning == "turned_away":
            state = "set_aside"
        return Settled(number=queued.number, state=state, answer=answer, tries=queued.tries)

    def _keep(self, settled: list[Settled]) -> None:
        self._queue.settle(settled)
        for each in settled:
            self._sent.add(each)
        self._progress(sum(each.state in {"answered", "set_aside"} for each in settled))

    def _turned_away(self, response: httpx.Response, operation_id: str, token: str, attempt: Attempt) -> None:
        """All of a POST: wait it out, wait for a token, or find the report that is to blame."""
        status = response.status_code
        if status == 401:
            self._refused = token
            raise problem_in(response)
        if status == 403:
            denied = self._denied[1] if self._denied[0] == token else set()
            self._denied, self._on_trial = (token, denied | {operation_id}), None
            self._tell(str(problem_in(response)))
        elif status in BLAMED:
            attempt.blamed = status
        elif say_again(status):
            attempt.wait_ms = retry_after_ms(response)
            attempt.trouble = f"the service answers {status}"
        else:
            raise problem_in(response)

    # -- what an edge fails at

    def _narrow(self, rows: Sequence[Queued], attempt: Attempt) -> None:
        """Halves what is said at once until one report is alone; that one waits its turn, or is set aside."""
        if len(rows) > 1:
            self._rows_max = len(rows) // 2
            return
        [queued], on_trial = rows, self._on_trial
        self._on_trial = None
        if attempt.blamed != 500 or on_trial is not None:
            self._set_aside(queued, attempt.blamed or 0)
            attempt.home = 1
        elif self._suspect is not None:
            self._suspect = None  # the edge fails at any report: none of them is to blame
        else:
            self._queue.settle([Settled(number=queued.number, state="waiting", tries=queued.tries + 1)])
            if queued.tries + 1 >= POISON_TRIES:
                self._suspect = queued

    def _set_aside(self, queued: Queued, status: int) -> None:
        sentence = f"said alone it was answered {status}: look at it, then let it wait again"
        answer = Answer(meaning="turned_away", status=status, code="poison", detail=sentence)
        self._keep([Settled(number=queued.number, state="set_aside", answer=answer, tries=queued.tries + 1)])

    # -- what is kept and not decided yet

    async def _ask_for_kept(self) -> Attempt:
        """Asks by receipt, so that nothing is said twice; what nobody knows any more is said again."""
        attempt, kept = Attempt(), self._queue.of("kept", most=ASKED_MAX)
        for start in range(0, len(kept), ASKED_AT_ONCE):
            asked = await asyncio.gather(*map(self._ask, kept[start : start + ASKED_AT_ONCE]))
            found = [each for each in asked if each is not None]
            self._keep(found)
            attempt.home += len(found)
            if len(found) < len(asked):
                break
        return attempt

    async def _ask(self, queued: Queued) -> Settled | None:
        token = self._usable_token()
        try:
            answer = await self._road.ask(queued, token)
        except httpx.RequestError:
            return None
        except AccessDenied:
            self._refused = token
            raise
        if answer is None:
            return Settled(number=queued.number, state="waiting", tries=queued.tries)
        return None if answer.meaning == "undecided" else self._settled(queued, answer)

    def _usable_token(self) -> str:
        token = self._token()
        if token == self._refused:
            raise AccessDenied(DENIED, status=401, code="bad_token")
        return token
