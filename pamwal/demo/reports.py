"""How the field reports what happened: each check-in 1 to 4 times, by app and by list, some late (S2)."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from pamwal.client.identifiers import RANDOM_BITS, uuid7
from pamwal.contracts.envelope import Submission
from pamwal.contracts.field import CheckIn, CheckOut
from pamwal.contracts.places import Point
from pamwal.demo.day import POSTS
from pamwal.demo.sayings import Saying, submission
from pamwal.demo.truth import MINUTE_MS, Arrival, Truth
from pamwal.places import point_of

SENT_MOST: Final = 4
LATE_SHARE: Final = 10
"""One of so many check-ins reaches a post late."""
LATE_MIN: Final = (10, 45)
LEAVES_MIN: Final = (1, 8)
"""Officers leave so many minutes after the end of their rally."""
LIST_STEP_MS: Final = 5 * MINUTE_MS
"""A paper list is kept to five minutes."""


def check_ins(truth: Truth, chance: Random) -> list[Saying]:
    """Every report of every arrival, each post saying what was handed to it."""
    delayed = {
        arrival.officer.officer_id
        for arrival in chance.sample(truth.arrivals, len(truth.arrivals) // LATE_SHARE)
    }
    return [
        saying
        for arrival in truth.arrivals
        for saying in _reports_of(arrival, arrival.officer.officer_id in delayed, chance)
    ]


def check_outs(truth: Truth, chance: Random) -> list[Saying]:
    """Every officer who came leaves once the rally is over; its post says so."""
    found = []
    for arrival in truth.arrivals:
        at_ms = arrival.rally.ends_ms + chance.randint(*LEAVES_MIN) * MINUTE_MS
        data = CheckOut(officer_id=arrival.officer.officer_id, place=arrival.rally.place, method="manual")
        said = submission(
            identifier=uuid7(at_ms, chance.getrandbits(RANDOM_BITS)),
            post=arrival.rally.post,
            speaker="posko",
            occurred_ms=at_ms,
            subject=arrival.officer.officer_id,
            data=data,
        )
        found.append(
            Saying(
                post=arrival.rally.post, service="checkin", path="/check-outs", submission=said, send_ms=at_ms
            )
        )
    return found


def _reports_of(arrival: Arrival, delayed: bool, chance: Random) -> list[Saying]:
    """1 to 4 sayings: an app's and the same again, a list's under another id, by whichever post has it."""
    sent = chance.randint(1, SENT_MOST)
    by_list = chance.randint(0, sent)
    said: list[Saying] = []
    for speaker, times in (("app", sent - by_list), ("list", by_list)):
        if not times:
            continue
        post = chance.choice(POSTS).post_id
        request = _by_app(arrival, post, chance) if speaker == "app" else _by_list(arrival, post, chance)
        sends = sorted(arrival.at_ms + _delay_ms(speaker, delayed, chance) for _ in range(times))
        said += [
            Saying(
                post=post,
                service="checkin",
                path="/check-ins",
                submission=request,
                send_ms=send_ms,
                expected="repeat" if number else "accepted",
            )
            for number, send_ms in enumerate(sends)
        ]
    return said


def _delay_ms(speaker: str, delayed: bool, chance: Random) -> int:
    """An app sends within 3 minutes and a list is typed in within 15, unless both reach the post late."""
    if delayed:
        return chance.randint(LATE_MIN[0] * MINUTE_MS, LATE_MIN[1] * MINUTE_MS)
    return chance.randint(0, (3 if speaker == "app" else 15) * MINUTE_MS)


def _by_app(arrival: Arrival, post: str, chance: Random) -> Submission[Any]:
    centre = point_of(arrival.rally.kelurahan)
    near = Point(
        latitude=round(centre.latitude + chance.uniform(-0.0005, 0.0005), 4),
        longitude=round(centre.longitude + chance.uniform(-0.0005, 0.0005), 4),
    )
    return submission(
        identifier=uuid7(arrival.at_ms, chance.getrandbits(RANDOM_BITS)),
        post=post,
        speaker="app",
        occurred_ms=arrival.at_ms,
        subject=arrival.officer.officer_id,
        data=CheckIn(
            officer_id=arrival.officer.officer_id, place=arrival.rally.place, method="gps", position=near
        ),
    )


def _by_list(arrival: Arrival, post: str, chance: Random) -> Submission[Any]:
    return submission(
        identifier=uuid7(arrival.at_ms, chance.getrandbits(RANDOM_BITS)),
        post=post,
        speaker="list",
        occurred_ms=arrival.at_ms // LIST_STEP_MS * LIST_STEP_MS,
        subject=arrival.officer.officer_id,
        data=CheckIn(
            officer_id=arrival.officer.officer_id, place=arrival.rally.place, method="paper", precision="list"
        ),
    )
