"""The messages of one operation that a webhook still has to deliver, and how the attempts went."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from msgspec import Struct

from pamwal.contracts.claims import DELIVERY_ID, NOT_YOURS
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import DecisionData, Reason
from pamwal.contracts.reporting_deliveries import DeliveryNoted, Refusal
from pamwal.wire.decided import NOT_SEEN
from services.reporting.webhook_messages import Message, Teller

REFUSALS: Final = 8
"""A message is set aside after so many failed attempts, about a minute, if the sink takes others meanwhile.
From so many failures in a row on, every other attempt of the operation is for a later message."""
UNANSWERED: Final = frozenset({NOT_YOURS, NOT_SEEN})
"""Reasons that are no answer to a note of this service."""
LATER_TRIED: Final = 8
"""How many later messages take turns in that."""


class Waiting(Struct, eq=False, kw_only=True):
    """A message that was not taken yet. Times are seconds of the event loop's clock."""

    offset: int
    """Where the log keeps the decision it is of."""
    message: Message
    failures: int = 0
    """Failed attempts."""
    taken_then: int | None = None
    """How many messages the sink had taken when this one failed last."""
    retry_at_s: float = float("-inf")
    """Not sent again before."""


class Refused(NamedTuple):
    """What a sink would not take, until the log has it."""

    offset: int
    what: Refusal


class ToTell:
    """The messages of one operation, in the order of the log. Times are seconds of the event loop's clock."""

    def __init__(self, operation_id: str) -> None:
        self.operation_id = operation_id
        self.waiting: deque[Waiting] = deque()
        self.noted = 0
        """First offset that the log says was not told."""
        self.told_at = ""
        """When the last that was told was decided: every process asks the same for the same."""
        self.asked_s = float("-inf")
        """When a note was last asked for."""
        self.asked_name = ""
        """The id of that request."""
        self.ask_again_s = 0.0
        """How long after that it is asked for again."""
        self.note_refused: tuple[str, Reason] | None = None
        """The id of the last note that was refused, and why."""
        self.tried_s = float("-inf")
        """When a message was last sent."""
        self.tries = 0
        """Failed attempts since a message was taken."""
        self._teller = Teller()
        self._reached = 0
        self._refused: list[Refused] = []

    @property
    def told(self) -> int:
        """First offset of which something is still to be told, as far as this process got."""
        return min(self._reached, self.waiting[0].offset) if self.waiting else self._reached

    @property
    def refused(self) -> list[Refusal]:
        """What of it was refused, of the offsets before `told`."""
        return [each.what for each in self._refused if each.offset < self.told]

    def take(self, fact: Fact, offset: int, sink: str) -> None:
        """Takes a fact up, in the order of the log."""
        if not isinstance(fact, DeliveryNoted):
            message = self._teller.message(fact)
            if message is not None:
                self.waiting.append(Waiting(offset=offset, message=message))
            return
        if fact.sink == sink:
            self.noted = max(self.noted, fact.upto)
            self._refused = [each for each in self._refused if each.offset >= self.noted]
            while self.waiting and self.waiting[0].offset < self.noted:
                self.waiting.popleft()

    def answered(self, decision: DecisionData[Fact]) -> None:
        """Remembers a refused note. `not_yours`: somebody else's; `not_seen`: it may be sent again."""
        asked = decision.request
        if asked is None or asked.id is None or not asked.id.startswith(DELIVERY_ID):
            return
        outcome, reason = decision.outcome, decision.reason
        if decision.of is not None:
            outcome, reason = decision.of.outcome, decision.of.reason
        if outcome in {"refused", "parked"} and reason is not None and reason.code not in UNANSWERED:
            self.note_refused = asked.id, reason

    def next(self, now_s: float) -> Waiting | None:
        """The message to send now: the oldest that is due, now and then a later one; None if none is due.

        So a message that the sink does not take holds back no other alert. Facts of one alert stay in order.
        """
        due = self._due(now_s)
        oldest = next(due, None)
        if self.tries >= REFUSALS and self.tries % 2:
            later = list(islice(due, LATER_TRIED))
            return later[self.tries // 2 % len(later)] if later else oldest
        return oldest

    def done(self, one: Waiting, refused: int | None = None) -> None:
        """It was told, or is not told any more, as it was refused with that status (0: no answer)."""
        self.tries = 0
        self._reached = max(self._reached, one.offset + 1)
        self.told_at = max(self.told_at, one.message.at)
        if one in self.waiting:  # else another process was quicker, and the log says so
            self.waiting.remove(one)
        if refused is not None:
            of = one.message.fact
            what = Refusal(alert_id=of.alert_id, version=of.version, status=refused)
            self._refused.append(Refused(one.offset, what))

    def _due(self, now_s: float) -> Iterator[Waiting]:
        """The first message of each alert, in order, unless it is to be sent later."""
        alerts: set[str] = set()
        for each in self.waiting:
            alert_id = each.message.fact.alert_id
            if alert_id not in alerts and each.retry_at_s <= now_s:
                yield each
            alerts.add(alert_id)
