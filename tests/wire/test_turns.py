"""What is judged waits: for its turn, for takeovers, and for what was asked before them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pamwal.snapshots.of_core import CoreSnapshots
from pamwal.snapshots.seen import SeenSnapshots
from pamwal.snapshots.seen_keeper import SeenKeeper
from pamwal.wire import watching_owner
from pamwal.wire.turns import Turns
from tests.wire.silence import SILENT_S
from tests.wire.test_watching import CORE, House
from tests.wire.witness import Worker


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """Two posts have been silent too long, and two requests wait."""
    house = House()
    await house.hear("alak", "oeba")
    await house.ask("r0", "r1")
    house.clock.seconds = SILENT_S
    yield house
    await house.log.close()


async def until_raised(house: House) -> None:
    async with asyncio.timeout(60):
        while not await house.said():
            await asyncio.sleep(0.01)


def test_one_judges_at_a_time_and_who_asked_first_is_woken_first() -> None:
    turns, woken = Turns(), list[str]()

    class Wake(asyncio.Event):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        def set(self) -> None:
            woken.append(self.name)

    first, second = Wake("first"), Wake("second")
    assert turns.may_judge(first, beside_takeovers=False)
    with turns.judging():
        assert not turns.may_judge(second, beside_takeovers=True)
        assert not turns.may_judge(first, beside_takeovers=False)
    assert woken == ["second", "first"]
    assert turns.may_judge(second, beside_takeovers=False)


def test_nobody_judges_before_all_have_caught_up_but_who_has_waited_long_enough() -> None:
    turns, wake = Turns(), asyncio.Event()
    turns.take_over("a")
    turns.take_over("b")
    turns.caught_up("a")
    assert not turns.may_judge(wake, beside_takeovers=False)
    assert turns.may_judge(wake, beside_takeovers=True)
    turns.caught_up("b")
    assert wake.is_set()
    assert turns.may_judge(wake, beside_takeovers=False)


async def test_nobody_judges_while_what_was_asked_has_time_for_itself() -> None:
    turns, wake = Turns(), asyncio.Event()
    turns.rest(0.01)
    assert not turns.may_judge(wake, beside_takeovers=True)
    await asyncio.wait_for(wake.wait(), 10)
    assert turns.may_judge(wake, beside_takeovers=False)


async def test_there_is_a_rest_behind_what_had_to_be_folded_first(house: House, tmp_path: Path) -> None:
    rests: list[float] = []

    class Noted(Turns):
        def rest(self, for_s: float) -> None:
            rests.append(for_s)
            super().rest(for_s)

    async with Worker(house.log, CORE, 0, now=house.clock, turns=Noted()):
        await until_raised(house)
    assert rests == [], "it was folded as it was read"
    assert await SeenKeeper(tmp_path, CORE).keep(house.log, 1) == 1
    snapshots = CoreSnapshots(seen=SeenSnapshots(tmp_path, CORE))
    async with Worker(house.log, CORE, 0, now=house.clock, turns=Noted(), snapshots=snapshots) as worker:
        await worker.until(lambda: bool(rests))
    assert 0 < rests[0] <= watching_owner.FOLD_RESTS_MAX_S


async def test_what_was_asked_before_a_takeover_is_decided_before_anything_is_judged(house: House) -> None:
    async with Worker(house.log, CORE, 0, now=house.clock):
        await until_raised(house)
    answers = [decision.data.request is not None for decision in await house.decisions()]
    assert answers == [True, True, False]


async def test_nothing_is_judged_while_another_partition_is_taken_over(house: House) -> None:
    turns = Turns()
    turns.take_over("another owner")
    async with Worker(house.log, CORE, 0, now=house.clock, turns=turns) as worker:
        await worker.until_next(2)
        asked = house.clock.asked
        await worker.until(lambda: house.clock.asked > asked + 3)  # it has gathered what is to be judged
        assert await house.said() == []
        turns.caught_up("another owner")
        await until_raised(house)
    assert sorted(post for _, post, _ in await house.said()) == ["alak", "oeba"]


async def test_a_takeover_that_takes_long_holds_others_up_for_a_while_only(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching_owner, "BESIDE_TAKEOVERS_AFTER_S", 0.05)
    turns = Turns()
    turns.take_over("another owner")
    async with Worker(house.log, CORE, 0, now=house.clock, turns=turns):
        await until_raised(house)


async def test_a_takeover_that_fails_holds_nobody_up(house: House) -> None:
    turns = Turns()
    house.log.grow(CORE.follows[0], 2)
    async with Worker(house.log, CORE, 0, now=house.clock, turns=turns) as worker:
        await worker.until_halted()
        assert turns.may_judge(asyncio.Event(), beside_takeovers=False)
