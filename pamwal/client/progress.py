"""How far a long homecoming is, for whoever watches it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

EVERY_S: Final = 2.0


class Progress:
    """Tells how many reports are home and how many are left, every two seconds; of a short way nothing.

    `left` counts what waits in the queue; `now_s` is a clock that never goes back.
    """

    def __init__(
        self,
        tell: Callable[[str], None],
        left: Callable[[], int],
        *,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell, self._left, self._now_s = tell, left, now_s
        self._home, self._told_s = 0, now_s()

    def __call__(self, home: int) -> None:
        """So many more are home."""
        self._home += home
        now_s = self._now_s()
        if now_s - self._told_s >= EVERY_S:
            self._told_s = now_s
            self._tell(f"{self._home:,} have their answer, {self._left():,} are left")
