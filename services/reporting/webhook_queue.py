"""What of one operation is still to be told to a sink: in the order of the log, but for what it refused."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple

from pamwal.contracts.codec import Fact
from pamwal.contracts.reporting_deliveries import DeliveryNoted, Refusal
from services.reporting.webhook_messages import Message, Teller


class Waiting(NamedTuple):
    """A message, and where the log keeps the decision it is of."""

    offset: int
    message: Message


class Refused(NamedTuple):
    """What a sink would not take, until the log has it."""

    offset: int
    what: Refusal


class ToTell:
    """All of one operation."""

    def __init__(self, operation_id: str) -> None:
        self.operation_id = operation_id
        self.waiting: deque[Waiting] = deque()
        self.noted = 0
        """First offset that the log says was not told."""
        self.told_at = ""
        """When the last that was told was decided: every process asks the same for the same."""
        self.asked_s = float("-inf")
        """When it was last asked for a note, by the loop's clock."""
        self.telling: asyncio.Task[None] | None = None
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
                self.waiting.append(Waiting(offset, message))
            return
        if fact.sink == sink:
            self.noted = max(self.noted, fact.upto)
            self._refused = [each for each in self._refused if each.offset >= self.noted]
            while self.waiting and self.waiting[0].offset < self.noted:
                self.waiting.popleft()

    def done(self, one: Waiting, refused: int | None = None) -> None:
        """It was told, or is not told any more, as it was refused with that status."""
        self._reached = max(self._reached, one.offset + 1)
        self.told_at = max(self.told_at, one.message.at)
        if one in self.waiting:  # else another process was quicker, and the log says so
            self.waiting.remove(one)
        if refused is not None:
            of = one.message.fact
            what = Refusal(alert_id=of.alert_id, version=of.version, status=refused)
            self._refused.append(Refused(one.offset, what))
