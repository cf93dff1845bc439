"""How an edge understood the times of a request, told to its sender on the operation's own clock."""

from __future__ import annotations

from typing import Any, Final

from pamwal.contracts.envelope import Reason, Request
from pamwal.contracts.instants import normalise, to_ms
from pamwal.contracts.zones import DAY_MS, HOUR_MS, OFFSET_H, clock_text
from pamwal.edge.decode import OtherOffset, Posted

LATE_MS: Final = DAY_MS
"""What an edge hears of later than this is taken, and its sender is asked whether the day is right."""
_MINUTE_MS: Final = 60_000


def time_advice(posted: Posted[Any], request: Request[Any], zone: str) -> list[Reason]:
    """`other_offset` for a time written in another offset than the zone's, `late` for one of days ago."""
    found = other_offsets(posted.written, zone) if isinstance(posted, OtherOffset) else []
    if request.time[:10] < request.recordedat[:10] and _later_ms(request) > LATE_MS:
        sentence = (
            f"{clock_text(request.time, zone)} is more than a day before this was received; "
            "it counts at that time"
        )
        possible = "if the time is mistyped, take this back and send it again under a new id"
        found.append(Reason(code="late", message=sentence, possible=possible))
    return found


def other_offsets(written: dict[str, str], zone: str) -> list[Reason]:
    """`other_offset` for each time in `written` (path → RFC 3339) that is in neither UTC nor the zone."""
    return [
        Reason(
            code="other_offset", message=f"{path} {time} is {clock_text(normalise(time), zone)}", subject=path
        )
        for path, time in sorted(written.items())
        if _offset_ms(time) not in {0, OFFSET_H[zone] * HOUR_MS}
    ]


def _later_ms(request: Request[Any]) -> int:
    """How long after it happened an edge had the request."""
    return to_ms(request.recordedat) - to_ms(request.time)


def _offset_ms(written: str) -> int:
    """The offset of an RFC 3339 time; 0 for UTC, which says nothing of a place."""
    if written[-1] in "Zz":
        return 0
    sign = -1 if written[-6] == "-" else 1
    return sign * (int(written[-5:-3]) * HOUR_MS + int(written[-2:]) * _MINUTE_MS)
