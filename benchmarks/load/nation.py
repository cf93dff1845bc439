"""The load of a nation's day, as a process of its own: see `pamwal.simulation.nation`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from pamwal.edge.serve import allow_connections
from pamwal.simulation.nation import Nation, run


def main() -> None:
    """`python -m benchmarks.load.nation <file with a Nation as JSON>`: `open`, then a line of JSON."""
    nation = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Nation)
    allow_connections()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        told: Any = msgspec.to_builtins(runner.run(run(nation, lambda: print("open", flush=True))))
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
