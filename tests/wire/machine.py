"""A machine whose clocks a test sets, and the broker's time beside it."""

from __future__ import annotations

from pamwal.contracts.instants import from_ms, to_ms
from pamwal.wire.clock_proof import ClockProof

BROKER = "2024-10-03T01:00:00.000Z"
HOUR_MS = 3_600_000
YEAR_MS = 365 * 24 * HOUR_MS


class Machine:
    """The system clock, the monotonic clock and the broker's: they go on together, until a test sets one."""

    def __init__(self, ahead_ms: int = 0) -> None:
        self.broker_ms = to_ms(BROKER)
        self.system_ms = self.broker_ms + ahead_ms
        self.monotonic_ms = 5_000
        self.proof = ClockProof(lambda: self.system_ms, monotonic=lambda: self.monotonic_ms)

    def now(self) -> str:
        """What a decider's clock shows here."""
        return from_ms(self.proof.now_ms())

    def go_on(self, ms: int) -> None:
        """Time passes."""
        self.broker_ms += ms
        self.system_ms += ms
        self.monotonic_ms += ms

    def set(self, ms: int, *, brokers: bool = False) -> None:
        """Somebody sets the system clock, forward or back; it may be the broker's as well."""
        self.system_ms += ms
        self.broker_ms += ms if brokers else 0

    def probe(self, took_ms: int = 4) -> None:
        """The broker stamps a probe, half way between two readings."""
        before = self.proof.read()
        self.go_on(took_ms // 2)
        stamp_ms = self.broker_ms
        self.go_on(took_ms - took_ms // 2)
        self.proof.take(before, stamp_ms, self.proof.read())
