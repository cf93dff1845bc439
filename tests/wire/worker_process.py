"""A worker as a process, to be killed and frozen: `-m tests.wire.worker_process SERVERS SCOPE [WATCHES]`.

It counts heartbeats, or, if it WATCHES, says by the system's clock which posts are silent.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Any

from pamwal.wire.faust_worker import DeciderWorker
from pamwal.wire.kafka import KafkaLog
from tests.wire.counting import NOW, CountingCore
from tests.wire.silence import SilenceCore, by_the_clock


async def main(servers: str, scope: str, watches: str = "") -> None:
    """Runs until SIGTERM; prints how many partitions it decides, whenever that changes."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    log = KafkaLog(servers)
    worker: DeciderWorker[Any] = (
        DeciderWorker(SilenceCore(scope), servers, log, by_the_clock)
        if watches
        else DeciderWorker(CountingCore(scope=scope), servers, log, lambda: NOW)
    )
    await worker.start()
    said = -1
    while not stop.is_set():
        status = worker.status()
        deciding = sum(one.phase == "deciding" for one in status.partitions) if status.joined else -1
        if deciding != said:
            said = deciding
            print(deciding, flush=True)
        await asyncio.wait([asyncio.ensure_future(stop.wait())], timeout=0.02)
    await worker.stop()
    await log.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
