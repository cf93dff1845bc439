"""Numbers without a gap, whoever asks at once and whichever owner decides."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pamwal.contracts.sitreps import PublishSitRep, SitRepPublished
from pamwal.wire.audit import audit
from pamwal.wire.memory import Faults
from tests.unit.reporting.house import CORES, REPORTING, Written
from tests.unit.reporting.telling import at
from tests.wire.witness import Worker

ASKED = 24


@pytest.mark.parametrize("seed", range(3))
async def test_they_are_dense_under_many_publishers_and_owners_that_come_and_go(seed: int) -> None:
    written = Written()
    await written.plan()
    written.log.faults = Faults(commit_lost=0.1, commit_unanswered=0.2, fenced=0.1, read_failed=0.05)
    forms = ("situation", "daily", "weekly")

    async def ask(number: int) -> None:
        await written.ask(PublishSitRep(form=forms[(number + seed) % 3]), "09:20", post=f"p{number}")  # type: ignore[arg-type]

    asking = asyncio.gather(*(ask(number) for number in range(ASKED)))
    async with Worker(written.log, REPORTING, 0, now=lambda: at("09:21")) as first:
        await first.until(lambda: (first.owner.decider.next_offset or 0) > 3)
        async with Worker(written.log, REPORTING, 0, now=lambda: at("09:22")) as second:
            await asking
            await second.until(lambda: (second.owner.decider.next_offset or 0) == ASKED)
    written.log.faults = Faults()
    facts = [fact for decision in await written.decided() for fact in decision.data.facts]
    found = [fact for fact in facts if isinstance(fact, SitRepPublished)]
    assert [fact.number for fact in found] == list(range(1, ASKED + 1))
    for form in forms:
        kinds = [fact.kind for fact in found if fact.form == form]
        assert kinds == ["initial"] + ["update"] * (ASKED // 3 - 1)
    again = await audit(written.log, redecide={**_deciding(), REPORTING.requests_topic: REPORTING})
    assert again.findings == (), "decided again, without any key, each is the same"


def _deciding() -> dict[str, Any]:
    return {core.requests_topic: core for core in CORES.values()}
