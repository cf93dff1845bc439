"""`GET /{service}/v1/requests/{receipt}`: any edge answers for any request, however long ago."""

from __future__ import annotations

from pamwal.contracts.errors import ContractError, HttpProblem
from pamwal.edge.answers import pending_reply
from pamwal.edge.auth import Caller
from pamwal.edge.http import Reply
from pamwal.edge.submit import Submit
from pamwal.wire.log import Log, Receipt, TopicPartition


class Lookup:
    """Finds the answer to a request by its receipt."""

    def __init__(self, submit: Submit, log: Log) -> None:
        self._submit, self._log = submit, log

    async def __call__(self, text: str, caller: Caller) -> Reply:
        """As the POST was answered, but 200 for accepted. HttpProblem 404, AccessDenied 403, LogError."""
        receipt = self._parse(text)
        missing = HttpProblem(404, "not_found", f"the log has no request at {receipt}")
        if receipt.partition >= await self._log.partition_count(receipt.topic):
            raise missing
        decided = await self._submit.decisions.find(receipt)
        if decided is None:
            self._submit.gate.require(caller, await self._operation_of(receipt, missing))
            return pending_reply(receipt, self._submit.service)
        self._submit.gate.require(caller, decided.operationid)
        reply = await self._submit.reply(decided, receipt)
        return reply._replace(status=200) if reply.status == 201 else reply

    def _parse(self, text: str) -> Receipt:
        try:
            receipt = Receipt.parse(text)
        except ContractError as error:
            raise HttpProblem(404, "not_found", str(error)) from error
        if receipt.topic != self._submit.topic:
            raise HttpProblem(404, "not_found", f"{receipt.topic} is not where this service keeps requests")
        return receipt

    async def _operation_of(self, receipt: Receipt, missing: HttpProblem) -> str:
        """The operation of a request that has no decision yet: its key."""
        at = TopicPartition(receipt.topic, receipt.partition)
        if receipt.offset >= (await self._log.end_offsets([at]))[at]:
            raise missing
        found = await self._log.fetch(at, receipt.offset)
        if found is None or found.offset != receipt.offset:
            raise missing
        return (found.key or b"").decode(errors="replace")
