"""One broker and one whole product for the tests of this folder, as real processes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from pamwal.edge.clock import Clock
from pamwal.local.kafka import LocalKafka, running_kafka
from pamwal.stack.stack import SERVICES, Stack
from tests.ports import reserved_port


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of this module's product."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def own_kafka(state: Path) -> Iterator[LocalKafka]:
    """A broker of this module's own: an audit of its log must find nothing that others left there."""
    with reserved_port() as port, running_kafka(state, port=port) as broker:
        yield broker


@pytest.fixture
async def stack(state: Path, own_kafka: LocalKafka, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stack]:
    """Scheduler, checkin and reporting, each a process, ready on `own_kafka`.

    It is 07:30 in Kupang on 3 October 2024, at normal speed: no test depends on when it is run.
    """
    monkeypatch.setenv("PAMWAL_BOOTSTRAP_SERVERS", own_kafka.bootstrap_servers)
    clock = Clock.parse("2024-10-03T07:30:00+08:00x1")
    async with Stack(state, SERVICES, exercise=True, clock=clock.text()) as running:
        yield running
