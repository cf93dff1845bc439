"""Deciders are killed, frozen and told to go, edges and the broker killed, while posts keep speaking.

Nothing that was acknowledged may be lost and nothing may be decided twice. For a longer run:

    PAMWAL_CHAOS_ROUNDS=20 PAMWAL_CHAOS_EVERY_MS=200 pytest tests/chaos
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from pamwal.client.receipts import ReceiptBook
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS, PARTITIONS_DEFAULT
from pamwal.wire.audit import audit, read_receipts
from pamwal.wire.kafka import KafkaLog
from services.checkin.core import CheckinCore
from tests.chaos.evidence import Recovery, Watch, hold_against, prove, settled, stored
from tests.chaos.fleet import Fleet, operations_everywhere, until
from tests.chaos.load import Load, surprises

pytestmark = [pytest.mark.kafka, pytest.mark.chaos]

ROUNDS = int(os.environ.get("PAMWAL_CHAOS_ROUNDS", "1"))
EVERY_MS = float(os.environ.get("PAMWAL_CHAOS_EVERY_MS", "500"))
OPERATIONS = operations_everywhere(int(os.environ.get("PAMWAL_CHAOS_OPERATIONS_A_PARTITION", "3")))
DECIDERS = ("decider-1", "decider-2", "decider-3")
EDGES = ("edge-1", "edge-2")
RECOVERY_S = 90.0


class Chaos:
    """One fault after the other; each waits until all partitions are decided again."""

    def __init__(self, fleet: Fleet, watch: Watch, load: Load) -> None:
        self.fleet, self.watch, self.load = fleet, watch, load
        self.recoveries: list[tuple[str, Recovery]] = []

    async def happens(self, round_number: int) -> None:
        """All faults once; the victims take turns."""
        first, second, third = (DECIDERS[(round_number + n) % len(DECIDERS)] for n in range(3))
        await self.kill(first)
        await self.terminate(second)
        await self.freeze(third)
        await self.kill(EDGES[round_number % len(EDGES)])
        await self.kill_broker()
        await self.kill(first, second)

    async def kill(self, *names: str) -> None:
        """kill -9, and started again at once."""
        ends, at_s = await self.watch.ends(), time.monotonic()
        for name in names:
            self.fleet.members[name].kill()
            self.fleet.members[name].start()
        await self._recover(f"kill -9 of {' and '.join(names)}", ends, at_s)

    async def terminate(self, name: str) -> None:
        """SIGTERM; it ends by itself in time, and is started again."""
        ends, at_s = await self.watch.ends(), time.monotonic()
        took_s = await self.fleet.members[name].leave()
        await self._recover(f"SIGTERM of {name} (ended in {took_s:.1f} s)", ends, at_s, ready=False)
        self.fleet.members[name].start()
        await self._all_ready()

    async def freeze(self, name: str) -> None:
        """A zombie: the others take over, then it wakes up in the belief that all is as it was."""
        zombie = self.fleet.members[name]
        ends, at_s = await self.watch.ends(), time.monotonic()
        zombie.freeze()
        try:
            await self._recover(f"SIGSTOP of {name}", ends, at_s, ready=False)
        finally:
            zombie.thaw()
        ends, at_s = await self.watch.ends(), time.monotonic()
        await self._recover(f"SIGCONT of {name}", ends, at_s)

    async def kill_broker(self) -> None:
        """The broker's memory is gone, its disk is not."""
        ends, at_s = await self.watch.ends(), time.monotonic()
        await asyncio.to_thread(self.fleet.kafka.kill)
        await asyncio.to_thread(self.fleet.kafka.start)
        away_s = time.monotonic() - at_s
        await self._recover(f"kill -9 of the broker (away for {away_s:.1f} s)", ends, at_s)

    async def _recover(self, what: str, ends: dict[int, int], at_s: float, *, ready: bool = True) -> None:
        found = await self.watch.recovered(at_s, ends, RECOVERY_S, load=self.load)
        self.recoveries.append((what, found))
        print(f"{what}: decided again after {found}")
        if ready:
            await self._all_ready()

    async def _all_ready(self) -> None:
        await self.fleet.ready(*EDGES)
        await self.fleet.until_shared(*DECIDERS)


async def every_decider_decided(fleet: Fleet) -> bool:
    """Each of its own partitions, which a decider only knows of by having taken them over."""
    return all([sum((await fleet.decided(name)).values()) > 0 for name in DECIDERS])


async def audited(log: KafkaLog, receipts: Path) -> None:
    """What anyone can check with the product's own audit, every decision made again beside the log."""
    told = read_receipts(receipts)
    redecide = {FIELD_REQUESTS.name: CheckinCore()}
    report = await audit(log, topics=[FIELD_REQUESTS.name], receipts=told, redecide=redecide)
    assert report.findings == ()
    assert (report.pending, report.receipts, report.redecided) == (0, len(told), True)
    assert report.decisions == report.requests >= len(told) > 0


async def test_nothing_is_lost_and_nothing_decided_twice(fleet: Fleet, tmp_path: Path) -> None:
    assert len(OPERATIONS) >= 24
    for name in EDGES:
        fleet.launch(name, "checkin", "edge")
    for name in DECIDERS:
        fleet.launch(name, "checkin", "decider")
    await fleet.ready(*EDGES)
    await fleet.until_shared(*DECIDERS)
    log = KafkaLog(fleet.bootstrap_servers)
    urls = [fleet.members[name].plan.api for name in EDGES]
    with ReceiptBook(tmp_path / "receipts") as receipts:
        load = Load(fleet.http, urls, fleet.issuer, OPERATIONS, receipts, every_ms=EVERY_MS)
        async with Watch(log, FIELD_DECISIONS.name) as watch:
            async with load:
                ends, at_s = await watch.ends(), time.monotonic()
                await watch.recovered(at_s, ends, RECOVERY_S, load=load)
                await until(
                    lambda: every_decider_decided(fleet), RECOVERY_S, lambda: "a decider decided nothing"
                )
                chaos = Chaos(fleet, watch, load)
                for number in range(ROUNDS):
                    await chaos.happens(number)
            await settled(log, FIELD_DECISIONS.name, RECOVERY_S)
        found = await stored(log, FIELD_DECISIONS.name)
        outcomes = prove(found, await log.cluster_id(), FIELD_DECISIONS.name)
        print(f"{found.decided} decisions: {dict(outcomes)}; {len(receipts)} receipts")
        assert surprises(load.said) == []
        hold_against(found, FIELD_REQUESTS.name, load.said, list(receipts))
        await audited(log, receipts.path)
        assert set(found.decisions) == set(range(PARTITIONS_DEFAULT))
        assert min(outcomes[each] for each in ("accepted", "repeat", "refused")) > 0
    await log.close()
