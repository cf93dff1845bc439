"""What is said, to which service, by whom and when: one list that a player sends and a test can count."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import Channel, RequestData, Submission
from pamwal.contracts.instants import from_ms

Service = Literal["scheduler", "checkin"]
Expected = Literal["accepted", "repeat", "double_booked", "key_reused", "not_yours"]
"""How the log must decide it: accepted, a repeat of an accepted one, or refused with this reason."""
Speaker = Literal["posko", "plan", "app", "list", "stranger"]
"""Which device speaks: a post's desk, planning table, officers' phones or lists; or none of its own."""

CHANNEL_OF: Final[dict[Speaker, Channel]] = {
    "posko": "web",
    "plan": "web",
    "app": "app",
    "list": "paper",
    "stranger": "api",
}


class Saying(Struct, frozen=True, kw_only=True):
    """One HTTP request: `post` says `submission` with its own token at `send_ms` of the simulated clock."""

    post: str
    service: Service
    path: str
    submission: Submission[Any]
    send_ms: int
    expected: Expected = "accepted"
    borrowed_from: str | None = None
    """The post whose token is used, if it is not the speaker's own."""


def source_of(post: str, speaker: Speaker) -> str:
    """Who speaks, as the envelope names it."""
    return f"/posts/{post}/devices/{speaker}"


def submission(
    *,
    identifier: str,
    post: str,
    speaker: Speaker,
    occurred_ms: int,
    data: RequestData,
    subject: str | None = None,
) -> Submission[Any]:
    """What a post's device says; it gets its number later, when the order of all that it says is known."""
    return Submission(
        id=identifier,
        source=source_of(post, speaker),
        type=TYPE_OF[type(data)],
        time=from_ms(occurred_ms),
        channel=CHANNEL_OF[speaker],
        data=data,
        subject=subject,
    )


def numbered(sayings: Iterable[Saying]) -> list[Saying]:
    """All in the order they are sent, every source counting 1, 2, 3 … over its distinct ids.

    A repeat keeps the number of its first: it is the same thing said again.
    """
    last: dict[str, int] = {}
    given: dict[tuple[str, str], int] = {}
    counted: list[Saying] = []
    for saying in sorted(
        sayings, key=lambda each: (each.send_ms, each.submission.source, each.submission.id)
    ):
        key = (saying.submission.source, saying.submission.id)
        if key not in given:
            given[key] = last[key[0]] = last.get(key[0], 0) + 1
        counted.append(
            msgspec.structs.replace(
                saying, submission=msgspec.structs.replace(saying.submission, sourceseq=given[key])
            )
        )
    return counted
