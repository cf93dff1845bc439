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
SOLVER_LIMITS: Final = ProcessLimits(
    at_once=1,
    waiting_max=4,
    memory_bytes=3072 * MB,
    cpu_s=300,
    wall_s=400,
    output_bytes_max=64 * MB,
    retry_after_s=10,
)
"""The process that solves a day. A day of 151 officers and 14 rallies takes 0.8 s of CPU time and 205 MB of
address space; one of 10,000 officers and 320 places 116 s and 2.4 GB."""
EXPORTS_AT_ONCE: Final = 2
EXPORTS_WAITING_MAX: Final = 8
EXPORT_RETRY_S: Final = 5
"""Exports that are written at once, and that wait for it; others are answered 503. An XLSX of 10,000 officers
takes 0.7 s of CPU time."""
