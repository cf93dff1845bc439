"""Instants on the wire: RFC 3339, UTC, milliseconds, fixed width, so that text order is time order."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta

_LONG = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
_SHORT = "(0[469]|11)-(0[1-9]|[12][0-9]|30)"
_FEBRUARY = "02-(0[1-9]|1[0-9]|2[0-8])"
_LEAP = "([02468][048]|[13579][26])-02-29"
_DATE = f"20([0-9][0-9]-({_LONG}|{_SHORT}|{_FEBRUARY})|{_LEAP})"
_END = r"(?!\n)$"
"""A bare `$` would also let a line break stand at the end; and `\\d` would let in digits of other scripts."""
DAY_PATTERN = f"^{_DATE}{_END}"
"""Only days that exist, from 2000 to 2099, so that no rule ever meets a 31 February."""
PATTERN = rf"^{_DATE}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{{3}}Z{_END}"
"""Only moments that exist, from 2000 to 2099."""

Instant = Annotated[
    str,
    Meta(
        pattern=PATTERN,
        description="RFC 3339 in UTC with milliseconds, 24 characters",
        examples=["2024-10-03T01:15:00.000Z"],
    ),
]
Stamp = Annotated[str, Meta(description="an Instant that our own decider wrote; not checked again when read")]
_OFFSET_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


_1970 = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(instant: str) -> int:
    """Milliseconds since 1970-01-01T00:00Z of an `Instant`. ValueError if it names no real moment."""
    since = datetime.fromisoformat(instant) - _1970
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def from_ms(ms: int) -> str:
    """The `Instant` of `ms` milliseconds since 1970-01-01T00:00Z."""
    seconds, rest = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.{rest:03d}Z"


def normalise(text: str) -> str:
    """Any RFC 3339 time with an offset as an `Instant`. ValueError says what is missing."""
    if not _OFFSET_TIME.fullmatch(text):
        raise ValueError(
            f"{text!r} is not an RFC 3339 time with an offset, such as 2024-10-03T09:15:00+08:00"
        )
    moment = datetime.fromisoformat(text.upper())
    try:
        return from_ms(round(moment.timestamp() * 1000))
    except ValueError as error:  # the year 1 or 9999, and in UTC none that can be written
        raise ValueError(f"{text!r} is not within the years 2000 to 2099 in UTC") from error
