"""Server-sent events from one shared ring per board: each delta is encoded once, whoever listens."""

from __future__ import annotations

from collections.abc import Callable


class Board:
    """One stream: `publish` a change, `snapshot` gives the whole picture to whoever is new or fell behind."""

    def __init__(self, snapshot: Callable[[], bytes], *, ring: int = 64, tick_ms: int = 200) -> None:
        self.snapshot, self.ring, self.tick_ms = snapshot, ring, tick_ms
