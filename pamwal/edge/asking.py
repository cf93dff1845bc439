"""Requests an edge makes for a caller: an uploaded file becomes many, each decided like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pamwal.contracts.codec import TYPE_OF, Fact, decode_decision
from pamwal.contracts.envelope import Channel, Decision, RequestData
from pamwal.contracts.errors import HttpProblem
from pamwal.edge.answers import read_decided
from pamwal.edge.decode import Posted
from pamwal.edge.intake import keep_personal
from pamwal.wire.finding import find_decision

if TYPE_CHECKING:
    from pamwal.contracts.envelope import Request
    from pamwal.edge.app import Edge
    from pamwal.edge.auth import Caller

WAIT_MS = 30_000


class Asking:
    """One caller's requests in one operation, told apart by a number behind one id.

    They come from the device that the token is of, or from `device` if it is of none.
    """

    def __init__(
        self, edge: Edge, caller: Caller, operation_id: str, *, post: str, device: str, channel: Channel
    ) -> None:
        self._edge, self._caller, self._operation_id = edge, caller, operation_id
        self._source, self._channel = f"/posts/{post}/devices/{caller.claims.device or device}", channel

    def request(self, request_id: str, data: RequestData) -> Request[Any]:
        """The request as it would stand in the log; nothing is sent."""
        submit = self._edge.submit
        if submit is None:
            raise HttpProblem(404, "not_found", "this service takes no requests")
        posted, type_name = self._posted(request_id, data, None)
        return submit.intake.request_of(
            posted, type_name, self._operation_id, self._caller, traceparent=None
        ).request

    async def ask(self, request_id: str, data: RequestData, *, time: str | None = None) -> Decision[Fact]:
        """Sends it and waits for its decision; a repeat with its `time` is told as the first was decided.

        LogError if it is not known to be kept, LogTruncated if an earlier request was decided at its offset;
        HttpProblem 503 if it is kept and not decided in 30 s.
        """
        submit, tail = self._edge.submit, self._edge.tail
        if submit is None or tail is None:
            raise HttpProblem(404, "not_found", "this service takes no requests")
        posted, type_name = self._posted(request_id, data, time)
        prepared = submit.intake.prepare(posted, type_name, self._operation_id, self._caller, None)
        if prepared.personal:
            await keep_personal(submit.sender, prepared.personal)
        receipt = await submit.sender.send(submit.topic, prepared.record)
        decided = await tail.wait_for_decision(receipt, WAIT_MS)
        record = await find_decision(self._edge.log, receipt) if decided else None
        if record is None:
            raise HttpProblem(
                503,
                "undecided",
                f"{receipt} is kept, not decided yet; send it again later: what is done is unchanged",
                headers=(("retry-after", "5"),),
            )
        decision = decode_decision(record.value)
        submit.decisions.check(read_decided(record.value), receipt, prepared.record.value)
        if decision.data.of is not None:
            first = await find_decision(self._edge.log, receipt._replace(offset=decision.data.of.offset))
            if first is not None:
                decision = decode_decision(first.value)
        return decision

    def _posted(self, request_id: str, data: RequestData, time: str | None) -> tuple[Posted[Any], str]:
        type_name = TYPE_OF[type(data)]
        posted: Posted[Any] = Posted(
            id=request_id,
            source=self._source,
            type=type_name,
            time=time or self._edge.clock.now(),
            channel=self._channel,
            data=data,
        )
        return posted, type_name
