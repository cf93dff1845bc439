"""Clients that are given up while they start: nothing of them stays open."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Awaitable, Callable

import pytest

from pamwal.local.kafka import LocalKafka
from pamwal.wire.kafka import KafkaLog

pytestmark = pytest.mark.kafka

STEP_S = 0.0005
STEPS = 40


def ways(log: KafkaLog) -> dict[str, Callable[[], Awaitable[object]]]:
    """What starts a client, each in its own way."""
    return {
        "producer": log.producer,
        "transactor": lambda: log.fence("given-up"),
        "reader": lambda: log.reader({}),
        "admin": lambda: log.cluster_id(anew=True),
    }


@pytest.mark.parametrize("way", ["producer", "transactor", "reader", "admin"])
async def test_a_client_that_is_given_up_while_it_starts_leaves_no_connection(
    kafka: LocalKafka, way: str
) -> None:
    # given a log, and a collector that has found everything others left
    gc.collect()
    log = KafkaLog(kafka.bootstrap_servers)
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always", ResourceWarning)

        # when a start is cancelled at one moment after the other
        for step in range(STEPS):
            starting = asyncio.ensure_future(ways(log)[way]())
            await asyncio.sleep(step * STEP_S)
            starting.cancel()
            await asyncio.wait([starting])
        await log.close()
        del starting
        gc.collect()

    # then nothing was left open
    assert [str(complaint.message) for complaint in complaints] == []
