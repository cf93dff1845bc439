"""Which venues, posts, officers, units and elections there are in an operation, as known at a moment. Pure.

What the plan lists is told to whoever sees more than counts. What only an observation named is known, too, so
that it can be asked for, but nobody is pointed to it. An observation of an officer who is withheld from the
reader names nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from pamwal.contracts.persons import officer_key
from pamwal.withheld import Withheld
from services.reporting.picture import OperationPicture
from services.reporting.picture.places import RALLY, SITE

Names = Mapping[str, str]
"""What can be asked for → what it is called; empty where it has no other name."""
Facts = Iterable[Any]


class Unknown(Struct, frozen=True, kw_only=True):
    """A query's parameter that names what is in no table and no fact known."""

    parameter: str
    asked: str
    there: Names
    """What there is."""


def unknown_in(
    picture: OperationPicture, asked: Mapping[str, str | None], unnamed: Withheld, kept: Callable[[], Facts]
) -> list[Unknown]:
    """Which of these parameters, by their names in `_LISTED`, name nothing that is known; None is not asked.

    `unnamed`: whom the reader is not told of. `kept`: facts that were known and may stand beside the picture.
    """
    found = []
    for parameter, name in asked.items():
        if name is None:
            continue
        there = _LISTED[parameter](picture, unnamed)
        if name not in there and not _named(picture, parameter, name, unnamed, kept):
            found.append(Unknown(parameter=parameter, asked=name, there=there))
    return found


def unknown_in_all(found: Sequence[Sequence[Unknown]]) -> Unknown | None:
    """The first that was unknown in each of several operations, with what there is in all of them."""
    names = [{each.parameter: each for each in own} for own in found]
    for parameter, first in names[0].items() if names else ():
        if all(parameter in own for own in names):
            there = {name: called for own in names for name, called in own[parameter].there.items()}
            return Unknown(parameter=parameter, asked=first.asked, there=there)
    return None


def elections_of(picture: OperationPicture) -> Names:
    """Elections of the pairs that the operation lists or a rally names."""
    pairs = {pair for rally in picture.plan.rallies.values() for pair in rally.pairs}
    pairs.update(picture.charter.pairs if picture.charter is not None else ())
    return dict.fromkeys(sorted({pair.partition("/")[0] for pair in pairs}), "")


def places_of(picture: OperationPicture) -> Names:
    """`rally/ID` and `site/ID` → venue or name, also of what is cancelled or guarded no more."""
    plan = picture.plan
    rallies = {f"{RALLY}{each.rally_id}": each.venue.name for each in plan.rallies.values()}
    return rallies | {f"{SITE}{each.site_id}": each.name for each in plan.sites.values()}


def _venues(picture: OperationPicture, _: Withheld) -> Names:
    held = (each.venue for each in picture.plan.rallies.values())
    return {venue.venue_id: venue.name for venue in held} | dict(places_of(picture))


def _posts(picture: OperationPicture, _: Withheld) -> Names:
    return {each.post_id: each.name for each in picture.plan.posts}


def _officers(picture: OperationPicture, unnamed: Withheld) -> Names:
    """Nobody is pointed to who is withheld; asked for by his id he is as known as everybody."""
    return dict.fromkeys((each for each in picture.plan.officers if not _withheld(unnamed, each)), "")


def _units(picture: OperationPicture, _: Withheld) -> Names:
    return dict.fromkeys((each.unit for each in picture.plan.officers.values()), "")


_LISTED: Final[Mapping[str, Callable[[OperationPicture, Withheld], Names]]] = {
    "venue": _venues,
    "post": _posts,
    "officer": _officers,
    "unit": _units,
}


def _named(
    picture: OperationPicture, parameter: str, name: str, unnamed: Withheld, kept: Callable[[], Facts]
) -> bool:
    """Whether something known named it that no table has; True also where that cannot be known any more."""
    match parameter:
        case "venue":
            return name in _places_reported(picture, unnamed) or any(
                name in _places_in(fact) for fact in kept() if not _is_withheld(unnamed, fact)
            )
        case "post":
            return name in picture.posts or picture.crowded
        case "officer":
            known = picture.plan.officers.keys() | picture.reports.keys()
            key = officer_key(name)
            return picture.ids.written(name) in known or any(
                key in map(officer_key, _officers_in(fact)) for fact in kept()
            )
        case _:  # who is on no roster has a unit without a name
            return not name


def _places_reported(picture: OperationPicture, unnamed: Withheld) -> set[str]:
    return {
        fact.place
        for officer_id, own in picture.reports.items()
        if not _withheld(unnamed, officer_id)
        for fact, _ in own.values()
    }


def _places_in(fact: Any) -> Iterator[str]:
    """The venue, and the place, that a fact names: also the venue a rally moved from."""
    venue, place = getattr(fact, "venue", None), getattr(fact, "place", None)
    if venue is not None:
        yield venue.venue_id
    if place is not None:
        yield place
    for prefix, name in ((RALLY, "rally_id"), (SITE, "site_id")):
        if (named := getattr(fact, name, None)) is not None:
            yield f"{prefix}{named}"


def _officers_in(fact: Any) -> Iterator[str]:
    """Whom a fact names: one, or all of a roll call or a poll."""
    if (named := getattr(fact, "officer_id", None)) is not None:
        yield named
    yield from getattr(fact, "officers", None) or ()
    yield from getattr(fact, "present", ())
    yield from (each.officer_id for each in getattr(fact, "not_present", ()))


def _is_withheld(unnamed: Withheld, fact: Any) -> bool:
    named = getattr(fact, "officer_id", None)
    return named is not None and _withheld(unnamed, named)


def _withheld(unnamed: Withheld, officer_id: str) -> bool:
    return unnamed.text(officer_id) != officer_id
