"""One clock for edges, shells, views and timers: the system's, or a simulated one for exercises."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from pamwal.contracts import instants
from pamwal.contracts.errors import ClockError, LogError, LogUnavailable
from pamwal.contracts.topics import EXERCISE_MARK
from pamwal.wire.clock_proof import ClockProof, monotonic_ms
from pamwal.wire.log import Log

_SIMULATED = re.compile(
    r"^(?P<start>[^x@]+)x(?P<speed>\d{1,5}(\.\d{1,3})?)(@(?P<anchor_ms>\d{13}))?(\.\.(?P<until>[^x@]+))?$"
)


def system_ms() -> int:
    """The system clock, milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Clock:
    """`now` for all that is written or shown. Token lifetimes and timeouts never follow a simulated clock.

    A simulated clock runs `speed` times as fast as the system's and showed `start_ms` when that showed
    `anchor_ms`, so that processes with the same numbers agree. From `until_ms` on it goes at the system's
    speed: an exercise that is over does not race on into the days behind it.

    `proof` says whether the system clock underneath may be believed. What must be right asks it; what is only
    shown uses `now`, which follows the broker's time while the system clock is known to be off.
    """

    def __init__(
        self,
        *,
        start_ms: int = 0,
        speed: float = 1.0,
        anchor_ms: int = 0,
        until_ms: int | None = None,
        system: Callable[[], int] = system_ms,
        monotonic: Callable[[], int] = monotonic_ms,
    ) -> None:
        """`system` and `monotonic`: this machine's clocks, in ms."""
        self._start_ms, self._speed, self._anchor_ms = start_ms, speed, anchor_ms
        self._until_ms = until_ms
        self.proof = ClockProof(system, monotonic=monotonic)
        self.simulated = (start_ms, speed, anchor_ms) != (0, 1.0, 0)
        self._last_ms, self._last = -1, ""

    @staticmethod
    def parse(
        text: str,
        system: Callable[[], int] = system_ms,
        monotonic: Callable[[], int] = monotonic_ms,
    ) -> Clock:
        """Reads `PAMWAL_CLOCK`: `system`, or `<start>x<speed>[@<anchor>][..<until>]`.

        For example `2024-10-03T05:00:00Zx240`, an hour in 15 seconds.
        The anchor is the system time, in milliseconds since 1970, at which the clock shows `start`; without
        one it is now. Give every process of one run the same anchor. Once the clock shows `until`, it goes
        on at normal speed. ClockError says what cannot be read.
        """
        if text in ("", "system"):
            return Clock(system=system, monotonic=monotonic)
        match = _SIMULATED.match(text)
        try:
            start_ms = _ms_of(match["start"]) if match else -1
            until_ms = _ms_of(match["until"]) if match and match["until"] else None
        except ValueError as error:
            raise ClockError(f"PAMWAL_CLOCK={text!r}: {error}") from error
        if match is None or not 0 < float(match["speed"]) <= 86_400:
            raise ClockError(f"PAMWAL_CLOCK={text!r} is neither 'system' nor like 2024-10-03T05:00:00Zx240")
        anchor_ms = int(match["anchor_ms"]) if match["anchor_ms"] else system()
        if until_ms is not None and until_ms <= start_ms:
            raise ClockError(f"PAMWAL_CLOCK={text!r} ends before it starts")
        return Clock(
            start_ms=start_ms,
            speed=float(match["speed"]),
            anchor_ms=anchor_ms,
            until_ms=until_ms,
            system=system,
            monotonic=monotonic,
        )

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return self._shown_ms(self.proof.now_ms())

    def _shown_ms(self, system_ms: int) -> int:
        """What this clock shows when the system's shows `system_ms`."""
        if not self.simulated:
            return system_ms
        passed_ms = system_ms - self._anchor_ms
        shown_ms = self._start_ms + round(passed_ms * self._speed)
        if self._until_ms is None or shown_ms <= self._until_ms:
            return shown_ms
        return self._until_ms + passed_ms - round((self._until_ms - self._start_ms) / self._speed)

    def now(self) -> str:
        """The `Instant` of now."""
        ms = self.now_ms()
        if ms != self._last_ms:
            self._last_ms, self._last = ms, instants.from_ms(ms)
        return self._last

    def real_s(self, simulated_ms: float) -> float:
        """How many real seconds pass while this clock moves on by `simulated_ms`: what a timer sleeps."""
        if self._until_ms is None:
            return max(0.0, simulated_ms / 1000 / self._speed)
        fast_ms = min(simulated_ms, max(0, self._until_ms - self.now_ms()))
        return max(0.0, (fast_ms / self._speed + simulated_ms - fast_ms) / 1000)

    def text(self) -> str:
        """What `parse` reads; with the anchor, so that it can be handed to another process."""
        if not self.simulated:
            return "system"
        until = f"..{instants.from_ms(self._until_ms)}" if self._until_ms is not None else ""
        return f"{instants.from_ms(self._start_ms)}x{self._speed:g}@{self._anchor_ms}{until}"


def _ms_of(text: str) -> int:
    return instants.to_ms(instants.normalise(text))


async def allow_clock(clock: Clock, log: Log) -> None:
    """A simulated clock may run only on a cluster marked for exercises. ClockError otherwise.

    LogUnavailable while it is not known whether this one is.
    """
    if not clock.simulated:
        return
    try:
        await log.partition_count(EXERCISE_MARK.name)
    except LogUnavailable:
        raise
    except LogError as error:
        raise ClockError(
            f"PAMWAL_CLOCK={clock.text()} is refused: this cluster has no topic {EXERCISE_MARK.name}, which"
            " marks it as one for exercises. Use PAMWAL_CLOCK=system here."
        ) from error
