"""A circuit breaker: while a webhook's sink is down, one attempt probes it for all operations. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from pamwal.client.backoff import Backoff

SENDS_MAX: Final = 8
"""Messages that are sent at the same time while the sink takes them."""


class SinkCircuit:
    """Says how many attempts may begin. Closed: the sink takes messages. Open: it failed at the last one.

    Times are seconds of one monotonic clock; `chance` gives numbers in [0, 1).
    """

    def __init__(self, retries: Backoff, chance: Callable[[], float]) -> None:
        self._retries, self._chance = retries, chance
        self._waits_ms: Iterator[float] = iter(())
        self._probe_at_s: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether the sink is believed to be down."""
        return self._probe_at_s is not None

    def room(self, under_way: int, now_s: float) -> int:
        """How many attempts may begin now, with so many under way."""
        if self._probe_at_s is None:
            return max(0, SENDS_MAX - under_way)
        return int(under_way == 0 and now_s >= self._probe_at_s)

    def succeeded(self) -> None:
        """The sink answered as one that works: closes the circuit."""
        self._probe_at_s = None

    def failed(self, now_s: float) -> None:
        """The sink failed: opens the circuit, or keeps it open for longer if this was the probe."""
        if self._probe_at_s is None:
            self._waits_ms = self._retries.waits_ms(self._chance)
        elif now_s < self._probe_at_s:
            return  # it was sent before the circuit opened
        self._probe_at_s = now_s + next(self._waits_ms) / 1000
