"""Both logs, so that one suite can hold them to the same promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest

from pamwal.wire.log import Log
from pamwal.wire.memory import MemoryLog


class Bench(NamedTuple):
    """A log and a topic of four partitions that nobody else uses."""

    log: Log
    topic: str


@pytest.fixture
async def memory_bench() -> AsyncIterator[Bench]:
    log = MemoryLog()
    log.create_topic("suite", partitions=4)
    yield Bench(log, "suite")
    await log.close()


@pytest.fixture(params=["memory"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """One log after the other."""
    found: Bench = request.getfixturevalue(f"{request.param}_bench")
    return found
