"""Names as people type them: one that is known but for its case, or else the one it is nearest to. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from difflib import SequenceMatcher
from typing import Final

from msgspec import Struct

COMPARED: Final = 8
"""So many names are compared from those that begin alike, and from those that end alike."""


class Spellings(Struct):
    """Names that are the same if they differ in case only; of several spellings the first by text counts."""

    _written: dict[str, str] = {}
    """Name without case → as it is written."""
    _forward: list[str] = []
    _backward: list[str] = []
    """The names without case in order, and so each from its end; made when they are needed."""

    def add(self, name: str) -> None:
        """A name that is known from now on; adding it again changes nothing."""
        key = name.casefold()
        self._written[key] = min(name, self._written.get(key, name))

    def get(self, name: str) -> str | None:
        """The known name that differs from this one in case at most; None if there is none."""
        return self._written.get(name.casefold())

    def nearest(self, name: str, is_meant: Callable[[str], bool] = lambda _: True) -> str | None:
        """The known name most like this one, of those that may be meant; None if there is none.

        Compared are neighbours by the alphabet, read from the front and from the back: a slip leaves one of
        the two ends as it is. So the cost does not grow with how many names are known.
        """
        if len(self._forward) != len(self._written):
            self._forward = sorted(self._written)
            self._backward = sorted(key[::-1] for key in self._written)
        key = name.casefold()
        ends_alike = (each[::-1] for each in _neighbours(self._backward, key[::-1]))
        found = {*_neighbours(self._forward, key), *ends_alike}
        meant = [each for each in sorted(found) if is_meant(self._written[each])]
        if not meant:
            return None
        return self._written[max(meant, key=lambda each: SequenceMatcher(None, key, each).ratio())]


def _neighbours(names: list[str], name: str) -> list[str]:
    at = bisect_left(names, name)
    return names[max(0, at - COMPARED // 2) : at + COMPARED // 2]
