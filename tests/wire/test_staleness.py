"""Reads are stale when what they stand on is old, not whenever a reader is a second behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pamwal.wire.log import TopicPartition
from pamwal.wire.staleness import FRESH_WITHIN_S, STALE_AFTER_S, Stale, Staleness
from tests.edge.house import a_house

AT = TopicPartition("t", 0)


def late(staleness: Staleness, seconds: float, by_s: float, begin_s: float = 0.0) -> list[bool]:
    """Whether a reader is stale, second by second, that always is `by_s` behind a log that grows."""
    found = []
    for second in range(int(seconds)):
        now_s = begin_s + second
        staleness.see(now_s, {AT: int(now_s) + 1000})
        staleness.reach({AT: int(now_s - by_s) + 1000})
        found.append(staleness.trouble("t", now_s) is not None)
    return found


def test_a_reader_some_seconds_behind_is_not_stale_however_long_that_lasts() -> None:
    staleness = Staleness()
    staleness.see(-100.0, {AT: 0})
    staleness.reach({AT: 0})
    assert not any(late(staleness, 300, by_s=0))
    assert not any(late(staleness, 300, by_s=4, begin_s=300))
    assert not any(late(staleness, 300, by_s=STALE_AFTER_S - 1, begin_s=600))


def test_stale_reads_are_fresh_only_once_they_are_nearly_level() -> None:
    staleness = Staleness()
    assert not any(late(staleness, 10, by_s=0))
    assert staleness.trouble("t", 9 + STALE_AFTER_S) is None
    assert isinstance(staleness.trouble("t", 10 + STALE_AFTER_S), Stale)
    staleness.see(50.0, {AT: 5_000})
    staleness.reach({AT: 5_000})
    assert staleness.trouble("t", 51.0 + FRESH_WITHIN_S) == "t is read 6 s late"
    assert staleness.trouble("t", 50.0 + FRESH_WITHIN_S) is None


async def test_an_edge_with_stale_reads_still_takes_requests(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        house.edge.health.add("old", lambda: Stale("t is read 40 s late"))
        async with asyncio.timeout(60):
            ready, writes = await house.get("/readyz"), await house.get("/readyz/writes")
        assert (ready.status_code, ready.json()["writes"]) == (503, True)
        assert writes.status_code == 200
        house.edge.health.add("bad", lambda: "broken")
        assert (await house.get("/readyz/writes")).status_code == 503
