"""How long to wait before saying the same again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct


class Backoff(Struct, frozen=True, kw_only=True):
    """Waits that double from `first_ms` to `most_ms`, each drawn between half and all of itself.

    Half stays fixed, so that a service coming back is not asked at once by everybody who drew a zero.
    """

    first_ms: int = 100
    most_ms: int = 2_000

    def waits_ms(self, chance: Callable[[], float]) -> Iterator[float]:
        """Endless waits in milliseconds; `chance` gives numbers in [0, 1)."""
        whole = self.first_ms
        while True:
            yield whole * (0.5 + chance() / 2)
            whole = min(whole * 2, self.most_ms)
