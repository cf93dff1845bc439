"""A worker as a process, to be killed and frozen: `python -m tests.wire.worker_process SERVERS SCOPE`."""

from __future__ import annotations

import asyncio
import signal
import sys

from pamwal.wire.faust_worker import DeciderWorker
from pamwal.wire.kafka import KafkaLog
from tests.wire.counting import NOW, CountingCore


async def main(servers: str, scope: str) -> None:
    """Runs until SIGTERM; prints how many partitions it decides, whenever that changes."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    log = KafkaLog(servers)
    worker = DeciderWorker(CountingCore(scope=scope), servers, log, lambda: NOW)
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
