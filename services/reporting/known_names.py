"""What is answered to a query that names what nobody knows of: which parameter, and what there is.

An empty answer would say that nothing happened there. So a name that cannot be meant is a problem: 422 for
one that no contract has, 404 for one in no table and no fact of the operation, as known at its moment.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from pamwal.contracts.errors import HttpProblem
from pamwal.edge.app import Caller
from services.reporting.earlier import Look
from services.reporting.live import LivePicture
from services.reporting.picture.as_of import Known
from services.reporting.picture.history import DECISIONS
from services.reporting.views.named import Names, Unknown, unknown_in
from services.reporting.views.situation import SIGHT_OF
from services.reporting.views.unnamed import unnamed_to

NEAR: Final = 5
"""So many names are told."""
_COMPARED_MAX: Final = 1_000
"""Of so many names the nearest are looked for: those next to what was asked for, by the alphabet."""
_ALL: Final = Known(*[2**63 - 1] * len(DECISIONS))


class UnknownName(HttpProblem):
    """`parameter` asked for what is not known; `near` are the nearest names of those there are, `count`."""

    def __init__(self, status: int, code: str, what: str, unknown: Unknown) -> None:
        self.parameter, self.asked = unknown.parameter, unknown.asked
        self.near, self.count = nearest(unknown.asked, unknown.there), len(unknown.there)
        super().__init__(status, code, f"{unknown.parameter}: {unknown.asked[:80]!r} {what}; {self._told()}")

    def _told(self) -> str:
        if not self.count:
            return "there is none"
        more = self.count - len(self.near)
        return f"there is {', '.join(self.near)}" + (f" and {more:,} more" if more else "")


def known_at(look: Look) -> Known:
    """The place in each context's decisions up to which a look knows."""
    return _ALL if look.cut is None else look.cut.known


def not_there(unknown: Unknown, what: str = "is not known of this operation") -> UnknownName:
    """404 for a name that the operation does not have."""
    return UnknownName(404, f"unknown_{unknown.parameter}", what, unknown)


def require_kinds(parameter: str, asked: Collection[str], there: Names, what: str) -> None:
    """UnknownName 422 for the first that is none of those there ever can be."""
    wrong = min((each for each in asked if each not in there), default=None)
    if wrong is not None:
        unknown = Unknown(parameter=parameter, asked=wrong, there=there)
        raise UnknownName(422, "malformed", f"is no {what}", unknown)


def unknown_names(live: LivePicture, look: Look, caller: Caller, **asked: str | None) -> list[Unknown]:
    """Which of these (`venue`, `post`, `officer`, `unit`) the operation did not know at the look.

    Who sees counts only is told of units, which his counts have; of all else not even whether it is there.
    """
    picture, claims = look.picture, caller.claims
    sight = SIGHT_OF[claims.role]
    if sight == "counts":
        asked = {name: each for name, each in asked.items() if name == "unit"}
    now = live.operation(picture.operation_id, claims.mode) or picture
    arrivals = live.history.arrivals(picture.operation_id, claims.mode)

    def kept() -> Iterator[Any]:
        for strand, upto in () if arrivals is None else known_at(look).of(arrivals):
            for data in strand.kept[: bisect_left(strand.kept_at, upto)]:
                yield from data.facts

    return unknown_in(picture, asked, unnamed_to(sight, picture, now), kept)


def require_known(live: LivePicture, look: Look, caller: Caller, **asked: str | None) -> None:
    """UnknownName 404 for the first of these that the operation did not know at the look."""
    for each in unknown_names(live, look, caller, **asked):
        raise not_there(each)


def nearest(asked: str, there: Names) -> list[str]:
    """At most `NEAR` of the names, those written most like what was asked for, else the first; by name."""
    names = sorted(there)
    if len(names) <= NEAR:
        return names
    at = bisect_left(names, asked)
    near = names[max(0, at - _COMPARED_MAX // 2) : at + _COMPARED_MAX // 2]
    written = _by_spelling(near, there)
    close = get_close_matches(asked.casefold(), written, n=NEAR, cutoff=0.5)
    return sorted({written[each] for each in close}) or names[:NEAR]


def _by_spelling(names: list[str], there: Mapping[str, str]) -> dict[str, str]:
    """Every way to write one, folded → the name; what is asked for goes before what it is called."""
    called = {there[name].casefold(): name for name in names if there[name]}
    return called | {name.casefold(): name for name in names}
