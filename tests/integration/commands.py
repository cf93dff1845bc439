"""The command `pamwal`, run as an operator runs it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from pamwal.local.kafka import LocalKafka


async def pamwal(kafka: LocalKafka, state: Path, *arguments: str) -> str:
    """Return what a command prints that has to succeed."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PAMWAL_")}
    environment = {
        **plain,
        "PAMWAL_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "PAMWAL_STATE": str(state),
        "COLUMNS": "300",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pamwal.quiet", "pamwal.cli.main", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=environment,
    )  # fmt: skip
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    return said
