"""Keeps the local Kafka running for as long as the services do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pamwal.contracts.errors import LocalKafkaError
from pamwal.local.kafka import LocalKafka

AGAIN_S = 10.0
"""A broker that does not start is tried again so much later: a full disk may have room by then."""


async def keep_running(
    kafka: LocalKafka, say: Callable[[str], None], *, look_every_s: float, again_s: float = AGAIN_S
) -> None:
    """Starts a broker that was started here and ended by itself again, where it was; returns never.

    It never gives up: the services wait for it, answer 503 meanwhile and go on where they were. `say` is told
    how it ended, why it does not start, once for each reason, and that it runs again.
    """
    while True:
        await asyncio.sleep(look_every_s)
        how = await asyncio.to_thread(kafka.why_ended)
        if how is not None:
            say(f"Kafka {how}; it is started again, and the services wait for it")
            await _start(kafka, say, again_s)
            say(f"Kafka runs again at {kafka.bootstrap_servers}")


async def _start(kafka: LocalKafka, say: Callable[[str], None], again_s: float) -> None:
    said = ""
    while True:
        try:
            await kafka.__aenter__()
        except LocalKafkaError as error:
            why, _, _ = str(error).partition(". Its log is")
            if why != said:
                say(f"{why.rstrip('.')}. It is tried again every {again_s:g} s")
            said = why
            await asyncio.sleep(again_s)
        else:
            return
