"""Of which operations a summary has to be told now, and what was told last. Pure: time is an argument."""

from __future__ import annotations

from typing import Final, NamedTuple

from pamwal.wire.core import Said

TELL_EVERY_S: Final = 0.5
"""An operation's summary is told no oftener than that (architecture section 2: at most 2 a second)."""
LOOK_EVERY_S: Final = 10.0
"""How often one is looked at of which nothing was heard: absence comes from the clock alone."""
AGAIN_EVERY_S: Final = 60.0
"""How often one that runs is told although it says nothing new: so that a reader knows it is alive, and so
that what an owner told who was one no longer does not stay."""


class _Told(NamedTuple):
    sense: bytes
    at_s: float


class ToTell:
    """The operations of one partition. A new owner begins a new one, and tells all of them once."""

    def __init__(self) -> None:
        self._heard: dict[str, None] = {}
        self._told: dict[str, _Told] = {}
        self._look_at_s: dict[str, float] = {}

    def hear(self, operation_id: str) -> None:
        """Something was heard or decided of it."""
        self._heard[operation_id] = None

    def due(self, now_s: float) -> list[str]:
        """The operations to be looked at now, those that wait longest first."""
        for operation_id, at_s in self._look_at_s.items():
            if at_s <= now_s:
                self._heard[operation_id] = None
        return [each for each in self._heard if self._may_be_told(each, now_s)]

    def is_news(self, operation_id: str, said: Said | None, now_s: float) -> bool:
        """Takes up what was seen of an operation on looking at it; whether it has to be told."""
        self._heard.pop(operation_id, None)
        if said is None or not said.runs:
            self._look_at_s.pop(operation_id, None)
        else:
            self._look_at_s[operation_id] = now_s + LOOK_EVERY_S
        if said is None:
            return False
        told = self._told.get(operation_id)
        return told is None or told.sense != said.sense or (said.runs and now_s - told.at_s >= AGAIN_EVERY_S)

    def told(self, operation_id: str, said: Said, now_s: float) -> None:
        """The log has it."""
        self._told[operation_id] = _Told(said.sense, now_s)

    def not_told(self, operation_id: str) -> None:
        """It is not known whether the log has it."""
        self._told.pop(operation_id, None)
        self.hear(operation_id)

    def _may_be_told(self, operation_id: str, now_s: float) -> bool:
        told = self._told.get(operation_id)
        return told is None or now_s - told.at_s >= TELL_EVERY_S
