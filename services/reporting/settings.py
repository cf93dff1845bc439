"""What reporting adds to the settings of an edge."""

from __future__ import annotations

from typing import Final

from pamwal.processes import ProcessLimits

MB: Final = 1024 * 1024
NAME: Final = "reporting"
PORT: Final = 8103
"""Where it listens unless PAMWAL_PORT says otherwise."""
LOOK_S: Final = 1.0
"""How often a followed board is looked at although no fact arrived: absence comes from the clock alone."""
PULSE_S: Final = 5.0
"""How often a followed board says at least that it is alive and what time it is."""
AUDITS_AT_ONCE: Final = 1
AUDITS_WAITING_MAX: Final = 4
AUDIT_RETRY_S: Final = 5
"""Parity audits that are computed at once, and that wait for it; others are answered 503."""
CHECKS_AT_ONCE: Final = 1
CHECKS_WAITING_MAX: Final = 8
CHECK_RETRY_S: Final = 2
"""Texts that the claim check reads at once, and that wait for it; others are answered 503."""
LOG_TABLES_AT_ONCE: Final = 1
LOG_TABLES_WAITING_MAX: Final = 4
LOG_TABLE_RETRY_S: Final = 10
"""Tables of the log that are read out at once, and that wait for it; others are answered 503."""
TABLE_LIMITS: Final = ProcessLimits(
    at_once=2,
    waiting_max=6,
    memory_bytes=1024 * MB,
    cpu_s=120,
    wall_s=300,
    output_bytes_max=128 * MB,
)
"""The processes that write tables. A workbook of 100,000 officer-days takes 23 s of CPU time and 300 MB of
address space."""
