"""The audit of answers: each id is decided once, and whoever asks again is answered as the first time."""

from __future__ import annotations

from collections.abc import Iterator

from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Decision, DecisionData, RequestRef
from pamwal.wire.answers import DIGEST_BYTES, Answer, FirstAnswers


class AnswersAudit:
    """Keeps the first answers of a partition as the decider should have, and holds each decision to them."""

    def __init__(self) -> None:
        self._answers = FirstAnswers()

    def take(self, decision: Decision[Fact], asked: RequestRef) -> Iterator[tuple[str, str]]:
        """What is wrong with this answer, each as a code and a message; in the order of the log."""
        data = decision.data
        if asked.id is None or (data.digest is None and data.outcome != "repeat"):
            return
        first = self._answers.find(decision.operationid, asked.postid or "", asked.id, asked.mode)
        if data.outcome == "repeat":
            if first is None or not _same(first, data, asked.id):
                yield "repeat_differs", f"{asked.id} is not answered as it was the first time"
        elif first is None:
            answer = Answer(asked.offset, _digest(data), data.outcome, len(data.facts), data.reason)
            self._answers.keep(decision.operationid, asked.postid or "", asked.id, asked.mode, answer)
        elif data.reason is None or data.reason.code != "key_reused":
            yield "decided_twice", f"{asked.id} was decided first at request {first.offset}"


def of_hex(text: bytes) -> bytes | None:
    """The bytes that hexadecimal digits stand for, or None if these are not that."""
    try:
        return bytes.fromhex(text.decode())
    except ValueError:
        return None


def _same(first: Answer, data: DecisionData[Fact], request_id: str) -> bool:
    facts = [f"{request_id}/{number}" for number in range(first.facts)]
    of = data.of
    return of is not None and (of.offset, of.outcome, of.reason, of.facts) == (
        first.offset,
        first.outcome,
        first.reason,
        facts,
    )


def _digest(data: DecisionData[Fact]) -> bytes:
    return (of_hex((data.digest or "").encode()) or bytes(DIGEST_BYTES))[:DIGEST_BYTES]
