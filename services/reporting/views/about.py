"""What an alert is about: in words, with the reference beside them, and where that is. Pure."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from pamwal.contracts.places import Point
from pamwal.contracts.reporting_alerts import AlertRaised
from pamwal.withheld import NOBODY, Withheld
from services.reporting.picture import OperationPicture
from services.reporting.picture.places import RALLY, SITE

POST: Final = "post/"
INCIDENT: Final = "incident/"


class About(Struct, frozen=True, kw_only=True):
    """A place, a post or whatever else."""

    subject: str
    """As the alert has it."""
    words: str
    """`Balai Oepura (rally/a)`, with the subject behind it where that is another thing there."""
    name: str | None = None
    """Of the venue, site or post alone."""
    codes: tuple[str, ...] = ()
    """Of its kelurahan; of a post, of the kecamatan it answers for."""
    point: Point | None = None
    radius_m: int = 0


def about_of(picture: OperationPicture, raised: AlertRaised, unnamed: Withheld = NOBODY) -> About:
    """What the plan calls it now; its reference alone where the plan knows none. It names no `unnamed`."""
    subject = subject_of(raised, unnamed)
    place = raised.place or (subject if subject.startswith((RALLY, SITE)) else None)
    if place is None and subject.startswith(POST):
        return _of_post(picture, subject)
    if place is None and subject.startswith(INCIDENT):
        place = _scene(picture, subject)[0]
    rally = picture.plan.rally_at(place) if place else None
    if place is not None and rally is not None:
        venue = rally.venue
        words = _words(venue.name, place, subject)
        return About(
            subject=subject, words=words, name=venue.name, codes=(venue.kelurahan,),
            point=venue.point, radius_m=venue.radius_m,
        )  # fmt: skip
    site = picture.plan.site_at(place) if place else None
    if place is not None and site is not None:
        words = _words(site.name, place, subject)
        return About(subject=subject, words=words, name=site.name, codes=(site.kelurahan,))
    return About(subject=subject, words=subject, codes=_scene(picture, subject)[1])


def subject_of(raised: AlertRaised, unnamed: Withheld) -> str:
    """Its subject; a device is named after its officer."""
    return unnamed.text(raised.subject) if raised.kind == "sequence_gap" else raised.subject


def _words(name: str, place: str, subject: str) -> str:
    """The subject of a place may say more than the place: `rally/a/intel`."""
    if subject.startswith(place):
        return f"{name} ({subject})"
    return f"{name} ({place}), {subject}"


def _of_post(picture: OperationPicture, subject: str) -> About:
    post = next((each for each in picture.plan.posts if f"{POST}{each.post_id}" == subject), None)
    if post is None:
        return About(subject=subject, words=subject)
    return About(
        subject=subject, words=f"{post.name} ({subject})", name=post.name, codes=tuple(post.kecamatan)
    )


def _scene(picture: OperationPicture, subject: str) -> tuple[str | None, tuple[str, ...]]:
    """Place and kelurahan of an incident, as far as they are known."""
    account = picture.incidents.get(subject.removeprefix(INCIDENT)) if subject.startswith(INCIDENT) else None
    stand = None if account is None else account.stand(picture.voided, picture.voids_told)
    return (None, ()) if stand is None else (stand.location.place, (stand.location.kelurahan,))
