"""What every sheet carries."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.zones import LETTERS
from pamwal.printing import words


class Paper(Struct, frozen=True, kw_only=True):
    """Head and foot of every page. The plan stands as at `vector`; `made_at` is when it was printed, UTC."""

    operation: str
    exercise: bool
    zone: str
    letters: str
    vector: str
    at: str
    """Partition and offset of the vector, `3-1234`: what tells one print from the next."""
    made_at: str
    made: str
    """The same in the operation's zone, in words."""


def paper_of(name: str, zone: str, vector: str, now: str, *, exercise: bool) -> Paper:
    """Head and foot of an operation's sheets. `vector` is `Pamwal-Vector` of the operation."""
    return Paper(
        operation=words.printable(name),
        exercise=exercise,
        zone=zone,
        letters=LETTERS[zone],
        vector=vector,
        at="-".join(vector.rsplit("-", 2)[-2:]),
        made_at=now,
        made=words.moment(now, zone),
    )
