"""What this service is called and where it listens; the environment says the rest (`EdgeSettings`)."""

from __future__ import annotations

from typing import Final

from pamwal.processes import ProcessLimits

MB: Final = 1024 * 1024
NAME: Final = "scheduler"
PORT: Final = 8101
"""`PAMWAL_PORT` wins."""
FILE_LIMITS: Final = ProcessLimits(
    at_once=2,
    waiting_max=6,
    memory_bytes=768 * MB,
    cpu_s=60,
    wall_s=120,
    output_bytes_max=64 * MB,
)
"""The processes that read uploaded files. 50,000 officers in an XLSX take 260 MB and 8 s of CPU time."""
