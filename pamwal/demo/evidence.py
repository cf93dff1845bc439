"""Reads back what the day left behind: situation, ledger, claim check, digests of all replicas, audit."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import httpx

from pamwal.client.receipts import ReceiptBook
from pamwal.client.service import ServiceClient
from pamwal.contracts.claim_check import ClaimsChecked, ClaimsToCheck, Stated
from pamwal.contracts.instants import from_ms
from pamwal.contracts.ledger import Ledger
from pamwal.contracts.reporting import Digest, Situation
from pamwal.demo.audit import audit_log
from pamwal.demo.checks import Evidence
from pamwal.demo.crashes import REPORTING, Crashes
from pamwal.demo.day import DAY
from pamwal.demo.player import PLANNER, Player
from pamwal.demo.scenario import ENDS_MS, STATED

if TYPE_CHECKING:
    from pamwal.demo.exercise import Exercise

SAME_WITHIN_S: Final = 20.0
LOOK_S: Final = 0.1


async def collect(exercise: Exercise, player: Player, crashes: Crashes, receipts: ReceiptBook) -> Evidence:
    """All of it, once every reporting instance has folded what the posts were told is kept."""
    operation = f"/operations/{exercise.operation_id}"
    newest = newest_receipts(receipts)
    async with httpx.AsyncClient(trust_env=False) as http:
        readers = {
            name: ServiceClient(http, exercise.stack.plan(name).api, exercise.token(PLANNER))
            for name in REPORTING
        }
        board, at = readers[REPORTING[0]], {"at": from_ms(ENDS_MS)}
        situation = await board.read(f"{operation}/situation", Situation, params=at, at=newest)
        ledger = await counted(board, f"{operation}/ledger", newest)
        claims = await board.read(
            f"{operation}/claims:check", ClaimsChecked, ask=ClaimsToCheck(stated=Stated(**STATED), day=DAY)
        )
        digests = await same_digests(readers, f"{operation}/digest", newest)
    return Evidence(
        situation=situation,
        ledger=ledger,
        claims=claims,
        digests=digests,
        audit=await audit_log(exercise.stack, exercise.receipts_file),
        said=player.said,
        surprises=[heard.sentence() for heard in player.surprises],
        checkin_restarts=crashes.decider_restarts,
        reporting_kills=crashes.reporting_kills,
    )


def newest_receipts(receipts: ReceiptBook) -> list[str]:
    """The last receipt of each partition: who has folded these has folded all of them."""
    last = {(receipt.topic, receipt.partition): receipt for receipt in sorted(receipts)}
    return [str(receipt) for receipt in last.values()]


async def counted(reader: ServiceClient, path: str, newest: list[str]) -> Ledger:
    """The ledger once all requests are counted, or whatever it says when time is over."""
    ledger = await reader.read(path, Ledger, at=newest)
    try:
        async with asyncio.timeout(SAME_WITHIN_S):
            while ledger.unread:
                await asyncio.sleep(LOOK_S)
                ledger = await reader.read(path, Ledger, at=newest)
    except TimeoutError:
        pass
    return ledger


async def same_digests(readers: dict[str, ServiceClient], path: str, newest: list[str]) -> dict[str, Digest]:
    """Each replica's digest at one and the same vector, or whatever they say when time is over."""
    digests: dict[str, Digest] = {}
    try:
        async with asyncio.timeout(SAME_WITHIN_S):
            while True:
                for name, reader in readers.items():
                    digests[name] = await reader.read(path, Digest, at=newest)
                if len({tuple(sorted(digest.vector.items())) for digest in digests.values()}) == 1:
                    break
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        pass
    return digests
