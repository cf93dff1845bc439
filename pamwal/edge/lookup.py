"""`GET /{service}/v1/requests/{receipt}`: any edge answers for any request, however old, to whose it is."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from pamwal.contracts.claims import read_claims
from pamwal.contracts.errors import AccessDenied, ContractError, HttpProblem
from pamwal.edge.answers import NOTHING_TOLD, Decided, pending_reply
from pamwal.edge.auth import Caller
from pamwal.edge.http import Reply
from pamwal.edge.submit import Submit
from pamwal.wire.log import Log, Receipt, Record, TopicPartition

ASKERS_KEPT: Final = 10_000
"""Of requests without a decision, so that asking again for a decision does not read the request again."""


class Asker(Struct, frozen=True):
    """Who asked and when, as the stored request says; nobody where it cannot be read."""

    operationid: str = ""
    time: str = ""
    actor: str = ""
    claims: str = ""


_asker: Final = msgspec.json.Decoder(Asker)


class Lookup:
    """Finds the answer to a request by its receipt."""

    def __init__(self, submit: Submit, log: Log) -> None:
        self._submit, self._log = submit, log
        self._askers: dict[Receipt, Asker] = {}

    async def __call__(self, text: str, caller: Caller) -> Reply:
        """As the POST was answered, but 200 for accepted. HttpProblem 404, AccessDenied 403, LogError.

        LogTruncated if the log no longer holds the request that was decided at this offset.
        An answer names officers, places and winners, so it is for who asked, his post, and those above it;
        anybody else is told the same, whatever stands there.
        """
        receipt = self._parse(text)
        if receipt.partition >= await self._log.partition_count(receipt.topic):
            raise HttpProblem(404, "not_found", f"there is no partition for {receipt}")
        decided = await self._submit.decisions.find(receipt)
        asker = self._askers.get(receipt)
        if asker is None or decided is not None:
            asker = await self._read_asker(receipt, decided)
        operation_id = asker.operationid if decided is None else decided.operationid
        if caller.claims.operation not in (operation_id, "*") or not may_read(caller, asker):
            raise AccessDenied(
                "an answer is for the post or person who asked, and for the head of operations"
            )
        self._submit.gate.require(caller, operation_id)
        if decided is None:
            return pending_reply(receipt, self._submit.service)
        read = decided.data.outcome != "parked"  # of what was parked nobody knows whether it has a time
        told = self._submit.intake.told_again(operation_id, asker.time) if read else NOTHING_TOLD
        reply = await self._submit.reply(decided, receipt, told)
        return reply._replace(status=200) if reply.status == 201 else reply

    def _parse(self, text: str) -> Receipt:
        try:
            receipt = Receipt.parse(text)
        except ContractError as error:
            raise HttpProblem(404, "not_found", str(error)) from error
        if receipt.topic != self._submit.topic:
            raise HttpProblem(404, "not_found", f"{receipt.topic} is not where this service keeps requests")
        return receipt

    async def _read_asker(self, receipt: Receipt, decided: Decided | None) -> Asker:
        """Who made the request that the log holds at `receipt`. HttpProblem 404 if it holds none."""
        record = await self._stored(receipt)
        if decided is not None:
            self._submit.decisions.check(decided, receipt, None if record is None else record.value)
        if record is None:
            raise HttpProblem(404, "not_found", f"the log has no request at {receipt}")
        try:
            asker = _asker.decode(record.value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            asker = Asker(operationid=(record.key or b"").decode(errors="replace"))
        if decided is None:
            while len(self._askers) >= ASKERS_KEPT:
                del self._askers[next(iter(self._askers))]
            self._askers[receipt] = asker
        return asker

    async def _stored(self, receipt: Receipt) -> Record | None:
        at = TopicPartition(receipt.topic, receipt.partition)
        if receipt.offset >= (await self._log.end_offsets([at]))[at]:
            return None
        record = await self._log.fetch(at, receipt.offset)
        return record if record is not None and record.offset == receipt.offset else None


def may_read(caller: Caller, asker: Asker) -> bool:
    """Whether a caller bound to the request's operation may have its whole answer.

    Heads and admins may have every answer, an officer those to his own requests, and a post those to
    requests of tokens that name it. The answer to a head stays with heads, also if he spoke for a post.
    """
    own, asked = caller.claims, read_claims(asker.claims)
    if own.role in {"ops_head", "admin"}:
        return True
    if asked is None or asked.role in {"ops_head", "admin"}:
        return caller.actor == asker.actor
    match own.role:
        case "officer":
            same = asked.officer is not None and asked.officer == own.officer
        case "command_post" | "field_commander":
            same = own.post is not None and asked.post == own.post
        case _:
            return False
    return same or caller.actor == asker.actor
