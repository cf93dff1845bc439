"""What a replica does behind its answers is missed where an error ends it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from pamwal.edge.clock import Clock
from services.reporting import live as lives
from services.reporting.live import LivePicture
from services.reporting.resting import RestingOperations
from services.reporting.works import Works
from tests.unit.reporting.house import Written, until


async def fails(*_: Any) -> None:
    await asyncio.sleep(0)
    raise RuntimeError("no room")


def told_of(registry: CollectorRegistry, work: str) -> float | None:
    return registry.get_sample_value("pamwal_replica_works", {"work": work})


@pytest.mark.parametrize(
    ("where", "name", "work"),
    [
        (RestingOperations, "wake", "folding by and by"),
        (RestingOperations, "fold_asked", "folding what is asked for"),
        (lives, "mend", "reading damaged parts again"),
        (lives, "undeclare", "counting requests"),
        (LivePicture, "_read_decisions", "reading decisions"),
    ],
)
async def test_one_that_an_error_ends_shows(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, work: str
) -> None:
    written = Written()
    await written.plan()
    await written.decide()
    monkeypatch.setattr(where, name, fails)
    live = LivePicture(written.log, Clock())
    registry = CollectorRegistry()
    registry.register(live.works)
    with capture_logs() as logged:
        await live.start()
        await until(lambda: "no room" in (live.trouble() or ""))
        await asyncio.sleep(0.05)
        assert live.trouble() == f"{work} ended: RuntimeError('no room'); start this process anew"
        assert told_of(registry, work) == 0
        others = [each for each in live.works._begun if each != work]
        assert [told_of(registry, each) for each in others] == [1] * len(others)
        await live.stop()
    assert [each["work"] for each in logged if each["log_level"] == "error"] == [work]


async def test_those_that_are_done_or_were_stopped_show_nothing() -> None:
    works, went = Works(), []

    async def done() -> None:
        went.append("done")

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            went.append("stopped")

    works.begin("one", done)
    works.begin("two", waits)
    await until(lambda: went == ["done"])
    works.begin("three", waits)  # stopped before it began
    await works.stop()
    assert (went, works.trouble()) == (["done", "stopped"], None)
    await works.stop()
