"""A family as of a moment, asked for again: what was kept is what a count from nothing gives."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest

from pamwal.contracts.claims import Mode
from pamwal.contracts.envelope import RequestData
from pamwal.contracts.field import CheckIn, CheckOut, Heartbeat
from pamwal.contracts.rolled_up import RolledUp
from pamwal.contracts.scheduling import AdmitChild, AmendOperation, DismissChild
from pamwal.edge.app import Clock
from pamwal.edge.clock import system_ms
from services.reporting.boards import Boards
from services.reporting.earlier import Earlier
from services.reporting.families import Seen
from services.reporting.families_earlier import Counted, EarlierCounts, EarlierFamilies, Read
from services.reporting.live import LivePicture
from services.reporting.picture.family import Place
from services.reporting.views.own_counts import own_counts, part_of, strength_of
from services.reporting.views.situation import situation_of
from services.reporting.views.stands import officer_days
from services.reporting.views.window import window_of
from tests.unit.reporting.house import DEADLINE_S, Written, until
from tests.unit.reporting.telling import Teller, at, at_ms
from tests.unit.reporting.test_families import manned, opened

EXERCISE: Mode = "exercise"
CITIES = ("kupang", "rote", "sabu")
OFFICERS = 3


class Looking:
    """One replica that looks back, and keeps what it counted."""

    def __init__(self, written: Written) -> None:
        self.written = written
        self.live = LivePicture(
            written.log, Clock(start_ms=at_ms("10:30"), speed=0.001, anchor_ms=system_ms())
        )
        self.boards = Boards(self.live)
        self.kept = self.anew()

    def anew(self) -> EarlierFamilies:
        """One that has counted nothing."""
        return EarlierFamilies(self.live, Earlier(self.live), self.boards.families)

    async def say(self, data: RequestData, clock: str, known: str, operation: str) -> None:
        """It happened at `clock`, was decided at `known`, and this replica knows it."""
        receipt = await self.written.ask(data, clock, post="maulafa", operation=operation)
        await self.written.decide(known)
        assert await self.live.wait_folded(receipt, DEADLINE_S * 1000)

    async def come(self, city: str, number: int, clock: str, known: str) -> None:
        said = CheckIn(officer_id=f"{city}-{number}", place="rally/a", method="manual")
        await self.say(said, clock, known, city)

    async def look(self, moment: str, known: str | None = None, by: EarlierFamilies | None = None) -> Seen:
        when = None if known is None else at(known)
        return await (by or self.kept).look("ntt", EXERCISE, "full", at=at(moment), known=when, day=None)


@pytest.fixture
async def looking() -> AsyncIterator[Looking]:
    """A province and three cities with officers, at half past ten."""
    written = Written()
    await opened(written, "ntt", None)
    for city in CITIES:
        await opened(written, city, "ntt")
        await manned(written, city, *(f"{city}-{number}" for number in range(OFFICERS)))
    looking = Looking(written)
    await looking.live.start()
    await until(lambda: len(looking.boards.families.ever_below("ntt", EXERCISE)) == len(CITIES))
    await looking.say(Heartbeat(), "06:05", "06:05", "kupang")
    yield looking
    await looking.live.stop()
    await written.log.close()


def whole(seen: Seen) -> RolledUp:
    assert seen.rolled_up is not None
    return seen.rolled_up


async def test_what_becomes_known_of_then_is_counted_and_what_was_known_then_stays(looking: Looking) -> None:
    await looking.come("kupang", 0, "09:05", "09:06")
    before, then = await looking.look("09:30"), await looking.look("09:30", "09:40")
    assert whole(before).strength.present == whole(then).strength.present == 1
    await looking.come("rote", 1, "09:10", "09:50")
    late = await looking.look("09:30")
    assert whole(late).strength.present == 2
    assert [row.strength.present for row in late.children] == [1, 1, 0]
    again = await looking.look("09:30", "09:40")
    assert again == then
    assert whole(again).settled
    await looking.say(AmendOperation(parent="west"), "09:55", "09:55", "rote")
    assert [row.operation_id for row in (await looking.look("09:30")).children] == ["kupang", "sabu"]
    assert await looking.look("09:30", "09:40") == then


async def test_a_child_is_counted_as_of_what_was_known_between_its_admission_and_its_dismissal(
    looking: Looking,
) -> None:
    await opened(looking.written, "alor", "ntt", clock="09:00", admitted=False)
    await until(lambda: "alor" in looking.boards.families.ever_below("ntt", EXERCISE))
    await looking.say(AdmitChild(child="alor"), "09:10", "09:10", "ntt")
    await looking.say(DismissChild(child="alor", cause="not ours"), "09:20", "09:20", "ntt")
    await looking.say(Heartbeat(), "09:30", "09:30", "kupang")

    asked = [await looking.look("09:30", known) for known in ("08:59", "09:05", "09:15", "09:25", None)]

    assert [whole(each).operations for each in asked] == [4, 4, 5, 4, 4]
    asking = [[each.operation_id for each in whole(seen).unseen] for seen in asked]
    assert asking == [[], ["alor"], [], [], []]
    assert ["alor" in {row.operation_id for row in each.children} for each in asked] == [
        False, False, True, False, False,
    ]  # fmt: skip
    late = await looking.look("09:05", "09:15")
    assert whole(late).operations == 5, "the plan of an earlier moment is the one that was known"


async def test_the_parent_of_before_a_change_of_parents_was_opened_then(looking: Looking) -> None:
    await opened(looking.written, "maulafa", "kupang")
    await looking.say(AmendOperation(parent="west"), "07:00", "07:00", "kupang")
    moment, known = at("06:30"), at("06:30")
    then = await looking.kept.look("kupang", EXERCISE, "full", at=moment, known=known, day=None)
    assert (whole(then).operations, whole(then).unseen) == (2, [])


async def test_of_who_asks_and_could_not_be_looked_at_nothing_is_missing() -> None:
    written = Written(partitions=4)
    await opened(written, "ntt", None)
    await opened(written, "kupang", "ntt")
    await opened(written, "alor", "ntt", admitted=False)
    await opened(written, "kalabahi", "alor")
    await written.decide()
    looking = Looking(written)
    await looking.live.start()
    await until(lambda: len(looking.boards.families.ever_below("ntt", EXERCISE)) == 3)
    assert looking.live.where.partition_of("ntt") != looking.live.where.partition_of("kupang")
    vector = ",".join(f"{place}-{offset}" for place, offset in looking.live.vector_of("ntt").items())
    seen = await looking.kept.look("ntt", EXERCISE, "full", at=at("10:00"), known=vector, day=None)
    await looking.live.stop()
    await written.log.close()
    assert [(each.operation_id, each.code) for each in whole(seen).unseen] == [
        ("kupang", "malformed"),
        ("alor", "asks_to_belong"),
    ]


async def test_whatever_is_told_and_asked_it_is_as_if_nothing_were_kept(looking: Looking) -> None:
    chance = random.Random(6)
    minutes = [f"{hour:02}:{minute:02}" for hour in (8, 9) for minute in range(0, 60, 5)]
    for step in range(14):
        city, number, clock = chance.choice(CITIES), chance.randrange(OFFICERS), chance.choice(minutes)
        known = f"10:{step // 2:02}"
        if chance.random() < 0.7:
            await looking.come(city, number, clock, known)
        else:
            gone = CheckOut(officer_id=f"{city}-{number}", place="rally/a", method="manual")
            await looking.say(gone, clock, known, city)
        for _ in range(2):
            asked = chance.choice(minutes), chance.choice([None, f"10:{chance.randrange(step // 2 + 1):02}"])
            assert await looking.look(*asked) == await looking.look(*asked, by=looking.anew()), (step, asked)


async def test_whoever_is_seen_alike_counts_as_he_does_by_himself(looking: Looking) -> None:
    chance = random.Random(7)
    minutes = [f"{hour:02}:{minute:02}" for hour in (8, 9) for minute in range(0, 60, 5)]
    earlier = Earlier(looking.live)
    for step in range(14):
        number, known = chance.randrange(OFFICERS), f"10:{step:02}"
        said = chance.choice((CheckIn, CheckOut))
        report = said(officer_id=f"kupang-{number}", place="rally/a", method="manual")
        await looking.say(report, chance.choice(minutes), known, "kupang")
        for _ in range(4):
            moment, by = at(chance.choice(minutes)), at(f"10:{chance.randrange(step + 1):02}")
            then = earlier.look("kupang", EXERCISE, moment, by).picture
            counts, window = own_counts(then, moment, {}), window_of(then, moment, None)
            alone = {
                each.officer_id: part_of(then.plan, each, window.now_ms)
                for each in officer_days(then, window)
            }
            assert counts.officers == alone, (step, moment, by)
            assert (
                strength_of(counts.parts, [counts.required])
                == situation_of(then, moment, sight="full", name_of=str).total
            )


def test_the_counts_used_last_are_kept_within_bounds() -> None:
    teller = Teller()
    teller.open()
    teller.register("A", "B")
    teller.plan("r1", "09:00", "11:00")
    for officer in ("A", "B"):
        teller.order(officer, "r1", "09:00", "11:00")
    counts = own_counts(teller.picture(), at("09:30"), {})
    assert len(counts.officers) == 2
    kept = EarlierCounts(most=4)
    keys = [Counted("ntt", EXERCISE, at(clock), None, (1,)) for clock in ("09:00", "09:01", "09:02")]
    for key in keys[:2]:
        kept.keep(key, Read(Place(None), counts))
    assert kept.get(keys[0]) is not None, "and is used last now"
    kept.keep(keys[2], Read(Place(None), counts))
    assert [kept.get(key) is not None for key in keys] == [True, False, True]
    alone = EarlierCounts(most=1)
    alone.keep(keys[0], Read(Place(None), counts))
    assert alone.get(keys[0]) == Read(Place(None), counts), "the last one stays, whatever it has"
