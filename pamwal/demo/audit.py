"""The audit of the whole log against what the posts of this run were told is kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pamwal.demo.checks import AuditSummary
from pamwal.stack.stack import Stack
from pamwal.wire.audit import audit, read_receipts
from pamwal.wire.kafka import KafkaLog


async def audit_log(stack: Stack, receipts_file: Path) -> AuditSummary:
    """Every partition of every topic, also what earlier runs left there. LogUnavailable."""
    told = await asyncio.to_thread(read_receipts, receipts_file)
    log = KafkaLog(stack.bootstrap_servers, stack.security)
    try:
        report = await audit(log, receipts=told)
    finally:
        await log.close()
    return AuditSummary(
        requests=report.requests,
        decisions=report.decisions - report.caused,
        caused=report.caused,
        receipts=report.receipts,
        findings=[f"{found.code} at {found.place}: {found.message}" for found in report.findings],
    )
