"""Whether the system clock may be believed: compared with the broker's, and watched for jumps.

A probe is a record that the broker stamps with its own time. From one probe to the next the broker's time is
carried on by the monotonic clock, so each use can compare the system clock with it, in about a microsecond.
Nothing here does I/O: whoever sends the probes calls `take`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final, NamedTuple

from pamwal.contracts import instants
from pamwal.contracts.errors import ClockUnproven

DIFFERENCE_MAX_MS: Final = 2_000
"""How far the system clock may be from the broker's."""
JUMP_MS: Final = 500
"""How far the system clock may move against the monotonic clock; adjusting its speed moves both."""
TOGETHER_MAX_MS: Final = 60_000
"""How far the system's and the broker's clock may be set at once. On one machine they are the same clock, and
comparing them shows nothing: who sets it further restarts the processes to say that it is right."""
VALID_MS: Final = 30_000
"""How long a probe proves anything: a broker may need as long to be replaced. Whoever stood still for longer
waits for the next probe."""
INTERRUPTED_MS: Final = 50
NOT_COMPARED: Final = "the system clock was not compared with the broker's yet"
_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine is suspended, where the system has such a clock."""


def monotonic_ms() -> int:
    """Milliseconds of a clock that nobody can set."""
    return time.clock_gettime_ns(_CLOCK) // 1_000_000


class ClockReading(NamedTuple):
    """Both clocks of this machine at one moment."""

    system_ms: int
    monotonic_ms: int

    @property
    def distance_ms(self) -> int:
        """Changes only if the system clock is set."""
        return self.system_ms - self.monotonic_ms


class _Probe(NamedTuple):
    """The broker's time at a moment between two readings."""

    before: ClockReading
    stamp_ms: int
    after: ClockReading

    def latest_ms(self, now: ClockReading) -> int:
        """The broker's time at most."""
        return self.stamp_ms + now.monotonic_ms - self.before.monotonic_ms

    def ahead_ms(self, now: ClockReading) -> int:
        """How far the system clock is ahead of the broker's at least; negative if it need not be."""
        return now.system_ms - self.latest_ms(now)

    def behind_ms(self, now: ClockReading) -> int:
        """How far it is behind at least; negative if it need not be."""
        return self.stamp_ms + now.monotonic_ms - self.after.monotonic_ms - now.system_ms


class ClockProof:
    """Whether one process's system clock is proven now. For one event loop."""

    def __init__(
        self,
        system: Callable[[], int],
        *,
        monotonic: Callable[[], int] = monotonic_ms,
    ) -> None:
        """`system` and `monotonic`: this machine's clocks, in ms."""
        self._system, self._monotonic = system, monotonic
        self._probe: _Probe | None = None
        self._trouble: str | None = NOT_COMPARED
        self._wrong = False
        """Whether the system clock is known to be off, not only unproven."""
        self._renewed = asyncio.Event()

    def trouble(self) -> str | None:
        """Why the system clock is not proven now; None if it is."""
        if self._trouble is None:
            self._check(self.read())
        return self._trouble

    def require(self) -> None:
        """ClockUnproven with the reason, unless the system clock is proven now."""
        trouble = self.trouble()
        if trouble is not None:
            raise ClockUnproven(trouble)

    async def proven(self) -> None:
        """Returns once the system clock is proven; at once if it is."""
        while self.trouble() is not None:
            await self._renewed.wait()

    def now_ms(self) -> int:
        """The system's time. Where that clock is known to be off, the broker's by the last probe."""
        if self.trouble() is not None and self._wrong and self._probe is not None:
            return self._probe.latest_ms(self.read())
        return self._system()

    def latest(self) -> str:
        """The latest instant a proven clock can show: the broker's time plus the allowed difference.

        ClockUnproven before the first probe.
        """
        if self._probe is None:
            raise ClockUnproven(self._trouble or NOT_COMPARED)
        return instants.from_ms(self._probe.latest_ms(self.read()) + DIFFERENCE_MAX_MS)

    def read(self) -> ClockReading:
        """Both clocks; read again if this thread was interrupted between them."""
        while True:
            before_ms, system_ms, monotonic_ms = self._monotonic(), self._system(), self._monotonic()
            if monotonic_ms - before_ms <= INTERRUPTED_MS:
                return ClockReading(system_ms, monotonic_ms)

    def take(self, before: ClockReading, stamp_ms: int, after: ClockReading) -> None:
        """Judges the system clock by a probe that the broker stamped between two readings.

        A probe that was too long under way to tell changes nothing. One by which both clocks were set further
        than `TOGETHER_MAX_MS` since the last proves nothing: time goes on as the last one said.
        """
        probe = _Probe(before, stamp_ms, after)
        if abs(after.distance_ms - before.distance_ms) > JUMP_MS:
            self.doubt("the system clock was set while it was compared with the broker's", wrong=True)
        elif probe.ahead_ms(after) > DIFFERENCE_MAX_MS or probe.behind_ms(after) > DIFFERENCE_MAX_MS:
            self._probe = probe
            self.doubt(_off(probe, after), wrong=True)
        elif (set_ms := self._set_together_ms(probe)) != 0:
            way = "forward" if set_ms > 0 else "back"
            self.doubt(
                f"the clocks of this system and of the broker were both set {way} by {in_words(abs(set_ms))};"
                " set them right, or restart this process if they are right now",
                wrong=True,
            )
        elif max(after.system_ms - stamp_ms, stamp_ms - before.system_ms) <= DIFFERENCE_MAX_MS:
            self._probe, self._trouble, self._wrong = probe, None, False
            self._renewed.set()
        else:
            self.no_probe(f"the broker took {after.monotonic_ms - before.monotonic_ms} ms to answer a probe")

    def _set_together_ms(self, probe: _Probe) -> int:
        """How far both clocks were set since the last probe, in ms; 0 if not both, or by little."""
        last = self._probe
        if last is None:
            return 0
        moved_ms = probe.after.distance_ms - last.after.distance_ms
        ahead_ms = probe.stamp_ms - last.latest_ms(probe.after)
        behind_ms = last.stamp_ms + probe.before.monotonic_ms - last.after.monotonic_ms - probe.stamp_ms
        if min(moved_ms, ahead_ms) > TOGETHER_MAX_MS or min(-moved_ms, behind_ms) > TOGETHER_MAX_MS:
            return moved_ms
        return 0

    def no_probe(self, why: str) -> None:
        """The last probe told nothing: an earlier one may still prove the clock, else this is the reason."""
        if self._trouble is not None and not self._wrong:
            self._trouble = f"the system clock could not be compared with the broker's: {why}"

    def doubt(self, why: str, *, wrong: bool = False) -> None:
        """The system clock is not proven until the next probe. `wrong`: it is known to be off."""
        if self._trouble is None:
            self._renewed.clear()
        self._trouble, self._wrong = why, self._wrong or wrong

    def _check(self, now: ClockReading) -> None:
        """Loses the proof for any of three reasons: a jump, a difference, or too old a probe."""
        probe = self._probe
        if probe is None:
            return
        jumped_ms = now.distance_ms - probe.after.distance_ms
        age_ms = now.monotonic_ms - probe.after.monotonic_ms
        if abs(jumped_ms) > JUMP_MS:
            way = "forward" if jumped_ms > 0 else "back"
            self.doubt(f"the system clock was set {way} by {in_words(abs(jumped_ms))}", wrong=True)
        elif probe.ahead_ms(now) > DIFFERENCE_MAX_MS or probe.behind_ms(now) > DIFFERENCE_MAX_MS:
            self.doubt(_off(probe, now), wrong=True)
        elif age_ms > VALID_MS:
            self.doubt(f"the system clock was last compared with the broker's {in_words(age_ms)} ago")


class DecidingClock:
    """The clock of a partition's decider: when to judge, and whether it may be written."""

    def __init__(self, now: Callable[[], str], proof: ClockProof | None, *, simulated: bool = False) -> None:
        """`now` returns an instant. Without a `proof` it is right, as in tests and benchmarks.

        `simulated`: `now` does not show the time of day, so what is in the future is nobody's mistake.
        """
        self._now, self._proof, self._simulated = now, proof, simulated

    @property
    def trouble(self) -> str | None:
        """Why nothing may be judged or written now; None if it may."""
        return None if self._proof is None else self._proof.trouble()

    async def proven(self) -> None:
        """Returns once the system clock is proven; at once if it is."""
        if self._proof is not None:
            await self._proof.proven()

    def time(self) -> str:
        """The instant to judge at. ClockUnproven."""
        now = self._now()
        if self._proof is not None:
            self._proof.require()  # after it was read: it may have been set just before
        return now

    def ahead_ms(self, knownat: str) -> int:
        """How far `knownat` is ahead of the broker's clock; 0 if a proven clock can show it already.

        ClockUnproven before the first probe.
        """
        if self._proof is None or self._simulated:
            return 0
        latest = self._proof.latest()
        if knownat <= latest:
            return 0
        return instants.to_ms(knownat) - instants.to_ms(latest) + DIFFERENCE_MAX_MS

    def require(self, knownat: str) -> None:
        """ClockUnproven unless the clock is proven and a decision known at `knownat` may be written."""
        if self._proof is None:
            return
        self._proof.require()
        if self.ahead_ms(knownat):
            raise ClockUnproven(f"{knownat} is in the future by the broker's clock; nothing is written")


def _off(probe: _Probe, now: ClockReading) -> str:
    ahead_ms = probe.ahead_ms(now)
    far, way = (ahead_ms, "ahead of") if ahead_ms > 0 else (probe.behind_ms(now), "behind")
    return f"this system's clock is {in_words(far)} {way} the broker's; set it"


def in_words(ms: int) -> str:
    """How long that is, as an operator reads it: `2.1 s`, `1:00:00`, `2555 days, 0:00:00`."""
    return f"{ms / 1000:.1f} s" if ms < 60_000 else str(timedelta(seconds=round(ms / 1000)))
