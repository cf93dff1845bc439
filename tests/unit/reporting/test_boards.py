"""Many boards in one process: looking at them leaves room for everything else it does."""

from __future__ import annotations

import asyncio
from typing import Any

from pamwal.contracts.claims import Claims, Role
from pamwal.contracts.field import CheckIn
from pamwal.edge.app import Board, Caller, Clock
from services.reporting.boards import Boards
from services.reporting.live import LivePicture
from tests.unit.reporting.house import Written, until
from tests.unit.reporting.telling import OPERATION

ROLES: tuple[Role, ...] = ("viewer", "command_post", "ops_head")
"""Each has a sight of its own, so a board of its own."""


class Turn:
    """Counts the turns of the loop."""

    def __init__(self) -> None:
        self.number = 0

    async def count(self) -> None:
        while True:
            await asyncio.sleep(0)
            self.number += 1


class Reader:
    """Follows a board, and notes in which turn it was told its first change."""

    def __init__(self, board: Board, turn: Turn) -> None:
        self.begun, self.told_in, self._turn = False, 0, turn
        self.told: list[bytes] = []
        scope = {"query_string": b"tick_ms=0", "headers": []}
        self.task = asyncio.ensure_future(
            board.serve(scope, self._receive, self._send, expires_ms=None, more_headers=[])
        )

    async def _receive(self) -> dict[str, Any]:
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    async def _send(self, message: Any) -> None:
        body = message.get("body", b"")
        self.told.append(body)
        self.begun = self.begun or b"event: snapshot" in body
        if b"event: delta" in body and not self.told_in:
            self.told_in = self._turn.number


def a_caller(role: Role) -> Caller:
    claims = Claims(role=role, operation=OPERATION, mode="exercise", post="alak")
    return Caller(claims=claims, actor=role, claims_text="", expires_ms=2**62, limit_key=role)


async def test_other_work_has_its_turn_between_the_looks_at_two_boards() -> None:
    told_in = await turns_in_which_boards_are_told(look_for_s=0)
    assert len(set(told_in)) == len(ROLES), "one look, then others have their turn"


async def test_quick_looks_share_a_turn() -> None:
    assert len(set(await turns_in_which_boards_are_told(look_for_s=60))) == 1


async def test_what_arrived_is_shown_although_nobody_decides_it() -> None:
    written = Written()
    live = LivePicture(written.log, Clock())
    boards = Boards(live)
    await live.start()
    await boards.start()
    await until(lambda: live.trouble() is None)
    reader = Reader(boards.board_of(OPERATION, a_caller("ops_head")), Turn())
    await until(lambda: reader.begun)
    await written.ask(CheckIn(officer_id="KPG-1", place="rally/a", method="manual"))
    await until(lambda: any(b'"pending":1' in each for each in reader.told))
    reader.task.cancel()
    await asyncio.gather(reader.task, return_exceptions=True)
    await boards.stop()
    await live.stop()
    await written.log.close()


async def turns_in_which_boards_are_told(look_for_s: float) -> list[int]:
    """Of one check-in, on three boards."""
    written, turn = Written(), Turn()
    live = LivePicture(written.log, Clock())
    boards = Boards(live, look_for_s)
    await live.start()
    await boards.start()
    await until(lambda: live.trouble() is None)
    counting = asyncio.create_task(turn.count())
    readers = [Reader(boards.board_of(OPERATION, a_caller(role)), turn) for role in ROLES]
    await until(lambda: all(reader.begun for reader in readers))
    await written.ask(CheckIn(officer_id="KPG-1", place="rally/a", method="manual"))
    await written.decide()
    await until(lambda: all(reader.told_in for reader in readers))
    for task in (counting, *(reader.task for reader in readers)):
        task.cancel()
    await asyncio.gather(counting, *(reader.task for reader in readers), return_exceptions=True)
    await boards.stop()
    await live.stop()
    await written.log.close()
    return [reader.told_in for reader in readers]
