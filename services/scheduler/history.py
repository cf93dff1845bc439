"""Reads what became of one deployment from the log itself: its decisions, and the requests they answer."""

from __future__ import annotations

from typing import Any

from pamwal.contracts.codec import decode_known, decode_request
from pamwal.contracts.envelope import Request
from pamwal.contracts.errors import ContractError, HttpProblem, LogError
from pamwal.contracts.load_reads import HistoryStep, HistoryView
from pamwal.contracts.topics import SCHEDULING_REQUESTS
from pamwal.edge.names import WordsOf
from pamwal.wire.log import Log, TopicPartition
from services.scheduler.plans import Plans
from services.scheduler.views.history import steps_of


class Histories:
    """Fetches by offset: the plans know where, the log knows what."""

    def __init__(self, plans: Plans, log: Log) -> None:
        self._plans, self._log = plans, log

    async def of(
        self, operation_id: str, deployment_id: str, *, whole: bool, words_of: WordsOf
    ) -> HistoryView:
        """Every decision that speaks of a deployment, for somebody who sees the `whole` plan or not.

        HttpProblem 503 while the log does not answer.
        """
        steps: list[HistoryStep] = []
        try:
            for at, offset in self._plans.told(operation_id, deployment_id):
                steps += await self._steps(at, offset, deployment_id, whole=whole, words_of=words_of)
        except LogError as error:
            raise HttpProblem(503, "log_away", str(error), headers=(("retry-after", "1"),)) from error
        return HistoryView(deployment_id=deployment_id, steps=steps)

    async def _steps(
        self, at: TopicPartition, offset: int, deployment_id: str, *, whole: bool, words_of: WordsOf
    ) -> list[HistoryStep]:
        record = await self._log.fetch(at, offset, "committed")
        if record is None or record.offset != offset:
            raise LogError(f"the decision at {at.topic}-{at.partition}-{offset} cannot be found")
        decision, _unknown = decode_known(record.value)
        asked = decision.data.request
        request = await self._request(at.partition, asked.offset) if asked else None
        return steps_of(decision, request, deployment_id, whole=whole, words_of=words_of)

    async def _request(self, partition: int, offset: int) -> Request[Any] | None:
        record = await self._log.fetch(TopicPartition(SCHEDULING_REQUESTS.name, partition), offset)
        if record is None or record.offset != offset:
            return None
        try:
            return decode_request(record.value)
        except ContractError:
            return None
