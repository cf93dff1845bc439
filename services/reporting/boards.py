"""Live boards: one per operation, mode and sight, looked at only while somebody follows it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, get_args

import msgspec
import structlog
from msgspec.structs import replace

from pamwal.contracts.claims import MODES, Mode
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.reporting import BoardState, Sight
from pamwal.edge.app import Board, Caller
from services.reporting.families import Families
from services.reporting.live import LivePicture
from services.reporting.picture import OperationPicture
from services.reporting.settings import LOOK_S, PULSE_S
from services.reporting.turns import Turns
from services.reporting.views.changes import change_between, moment_of
from services.reporting.views.kept_strength import KeptStrength
from services.reporting.views.ledger import ledger_line
from services.reporting.views.situation import SIGHT_OF, situation_of
from services.reporting.words import name_of

SIGHTS: Final[tuple[Sight, ...]] = get_args(Sight)
BOARDS_MAX: Final = 2_000
LOOK_FOR_S: Final = 0.01
"""So long boards are looked at, one after the other, before everything else has its turn: of this thread's
own computing, for where others keep the machine busy a look may take long and be little."""
CLOCK_RESTS: Final = 8
"""Behind a look at what only the clock may have changed, so many times its length is rested besides."""
_encode: Final = msgspec.json.Encoder().encode
Name = tuple[str, Mode, Sight]
_log = structlog.get_logger(__name__)


class _Showing:
    """What one board shows; what it has counted is kept for the next look."""

    def __init__(self, live: LivePicture, families: Families, name: Name) -> None:
        self._live, self._families, self._name = live, families, name
        self._kept = KeptStrength(OperationPicture(name[0], name[1]), name[2])

    def state(self) -> BoardState:
        """What it shows now, also of an operation nobody spoke of yet. HttpProblem 503."""
        live, (operation_id, mode, sight) = self._live, self._name
        operation = live.operation(operation_id, mode) or OperationPicture(operation_id, mode)
        if self._kept.picture is not operation:
            self._kept = KeptStrength(operation, sight)
        situation = situation_of(
            operation,
            live.now(operation),
            sight=sight,
            name_of=name_of,
            vector=live.vector_of(operation_id),
            kept=self._kept,
        )
        family = self._families.look(operation_id, mode, sight)
        return BoardState(
            situation=replace(situation, children=family.children, rolled_up=family.rolled_up),
            ledger=ledger_line(live.ledger, operation, mode, live.unread(operation_id)),
        )


def _name(operation_id: str, caller: Caller) -> Name:
    """The board this caller may follow."""
    return operation_id, caller.claims.mode, SIGHT_OF[caller.claims.role]


class _Followed:
    """One board: what its readers have, and whether that may have changed since."""

    def __init__(self, state: Callable[[], BoardState]) -> None:
        self._state = state
        self.shown = state()
        self.told_s = time.monotonic()
        self.board = Board(lambda: _encode(self.shown))

    def look(self) -> None:
        """Publishes what changed. Readers have `shown` and every change published since they got it."""
        state, now_s = self._state(), time.monotonic()
        change = change_between(self.shown, state)
        if change is None and now_s - self.told_s >= PULSE_S:
            change = moment_of(state)
        if change is not None:
            self.shown, self.told_s = state, now_s
            self.board.publish(_encode(change))


class Boards:
    """Looks at followed boards: soon after facts arrived, and every second for what the clock alone changes.

    Of an operation below which something was told that is once a second.

    As many as a hundredth of a second of computing is enough for, the one that waits longest first; the next
    ones wait as long as these took, so that at most half of this process goes into looking, and what else it
    does waits for little more than that. Where that computes for longer, boards get as much, up to a
    twentieth of a second: else each of their turns would be a small part of a busy process's.

    What only the clock may have changed gets a tenth: of hundreds of quiet boards each is looked at every few
    seconds. In that tenth is also what arrived and is not decided: its decision follows, and where there is
    much to look at one look shows both.
    """

    def __init__(self, live: LivePicture, look_for_s: float = LOOK_FOR_S) -> None:
        self._live, self.families = live, Families(live)
        self._above: set[str] = set()
        """Operations below which something changed."""
        self._followed: dict[Name, _Followed] = {}
        self._news = asyncio.Event()
        self._turns = Turns[Name]()
        self._looking: asyncio.Task[None] | None = None
        self._broken: dict[Name, str] = {}
        self._look_for_s = look_for_s
        live.on_change = self._news.set

    async def start(self) -> None:
        """Begins to look."""
        self._looking = asyncio.get_running_loop().create_task(self._look_on())

    async def stop(self) -> None:
        """Looks no longer."""
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking

    def trouble(self) -> str | None:
        """Which board that somebody follows cannot be viewed and why, or None."""
        broken = ((name, why) for name, why in self._broken.items() if self._is_followed(name))
        return next((f"board of {name[0]}: {why}" for name, why in broken), None)

    def board_of(self, operation_id: str, caller: Caller) -> Board:
        """The stream of an operation as far as the caller may see, brought up to date. HttpProblem 503."""
        name = _name(operation_id, caller)
        followed = self._followed.get(name)
        if followed is None:
            self._make_room()
            followed = self._followed[name] = _Followed(_Showing(self._live, self.families, name).state)
        elif not followed.board.followers:
            followed.look()
        return followed.board

    def state(self, operation_id: str, caller: Caller) -> BoardState:
        """What the caller's board shows now, also of an operation nobody spoke of yet. HttpProblem 503."""
        return _Showing(self._live, self.families, _name(operation_id, caller)).state()

    def _is_followed(self, name: Name) -> bool:
        followed = self._followed.get(name)
        return followed is not None and followed.board.followers > 0

    def _make_room(self) -> None:
        if len(self._followed) >= BOARDS_MAX:
            self._followed = {name: each for name, each in self._followed.items() if self._is_followed(name)}
            self._broken = {name: why for name, why in self._broken.items() if name in self._followed}
        if len(self._followed) >= BOARDS_MAX:
            raise HttpProblem(503, "busy", "too many boards are open here", headers=(("retry-after", "5"),))

    async def _look_on(self) -> None:
        tick_s, others_s = time.monotonic() + LOOK_S, 0.0
        while True:
            if self._news.is_set():
                self._news.clear()
                changed = self.families.take_changed()
                self._turns.hear(self._of(changed))
                self._turns.tick(self._of(self._live.take_arrived()))
                self._hear_above(changed)
            began_s = time.monotonic()
            if began_s >= tick_s:
                tick_s = began_s + LOOK_S
                self._turns.hear(self._of(self._above))
                self._above.clear()
                self._turns.tick(self._followed)
            if not self._turns:
                await self._rest(tick_s - began_s)
                continue
            computed_s = time.thread_time()
            was_news = self._look_at_some(computed_s + self._turns.share_s(self._look_for_s, others_s))
            looked_s = time.thread_time()
            await asyncio.sleep(looked_s - computed_s)
            others_s = time.thread_time() - looked_s
            if not was_news and not self._turns.has_news:
                await self._rest((looked_s - computed_s) * CLOCK_RESTS)

    def _of(self, operations: Iterable[str]) -> Iterator[Name]:
        """Their boards that somebody follows, or followed."""
        names = ((each, mode, sight) for each in sorted(operations) for mode in MODES for sight in SIGHTS)
        return (name for name in names if name in self._followed)

    def _hear_above(self, changed: set[str]) -> None:
        """What changed below an operation is news of it, but not more often than once in `LOOK_S`."""
        for mode in MODES:
            for operation_id in changed:
                self._above.update(self.families.above(operation_id, mode))

    def _look_at_some(self, until_s: float) -> bool:
        """At one at least, until this thread computed so long; whether something was heard of any of them."""
        was_news = False
        while self._turns:
            name, is_news = self._turns.next()
            self._look(name)
            was_news = was_news or is_news
            if time.thread_time() >= until_s:
                break
        return was_news

    async def _rest(self, within_s: float) -> None:
        """Until there is news, but no longer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._news.wait()

    def _look(self, name: Name) -> None:
        if not self._is_followed(name):
            self._broken.pop(name, None)
            return
        try:
            self._followed[name].look()
        except HttpProblem:  # its partition stopped, which /readyz tells; its readers see it go stale
            return
        except Exception as error:  # bad code stops this board, loudly, and no other
            self._broken[name] = repr(error)
            _log.exception("a board cannot be viewed", operation=name[0], sight=name[2])
        else:
            self._broken.pop(name, None)
