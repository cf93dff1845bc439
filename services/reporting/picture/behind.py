"""Lists that ascend but for a few places, which are noted. Pure."""

from __future__ import annotations

from array import array
from bisect import bisect_left


def ascending(behind: array[int], count: int) -> int:
    """Of the first `count`, how many there are up to the last one that is not `behind` one before it.

    That is the highest of all of them; 0: there is none. The places in `behind` ascend.
    """
    at = bisect_left(behind, count)
    if not at or behind[at - 1] != count - 1:
        return count
    apart = count - at  # the same of all that lie behind one after the other
    return behind[bisect_left(range(at), apart, key=lambda each: behind[each] - each)]
