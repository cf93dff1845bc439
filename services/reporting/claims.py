"""The claim check: a bulletin's totals against the fold, each with the list behind it. Pure.

What is planned (officers, rallies, venues, kelurahan, kecamatan, satgas, pairs) is counted over the day's
rallies, cancelled ones left out, and over what is ordered, not what is only reserved; present, late and
absent are the situation's totals at the moment of asking. `bulletin/` reads the totals out of a pasted text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from pamwal.contracts.claim_check import (
    ClaimChecked,
    ClaimsChecked,
    ClaimsToCheck,
    DayFrom,
    FoundIn,
    NotTakenReason,
    NumberNotTaken,
    SumChecked,
)
from pamwal.contracts.errors import TooLarge
from pamwal.contracts.reporting import Sight
from pamwal.contracts.zones import local_day
from services.reporting.bulletin.lexicon import Claim
from services.reporting.bulletin.quantities import Quantity
from services.reporting.bulletin.reading import Reading, read_bulletin
from services.reporting.bulletin.scopes import Sum
from services.reporting.bulletin.tokens import tokens_of
from services.reporting.counted import Counted, DayCount
from services.reporting.picture import OperationPicture
from services.reporting.picture.charter import Charter
from services.reporting.views.strength import NameOf
from services.reporting.views.window import window_of, zone_of

CLAIMS_MAX = 200
"""Totals of one text: more are no bulletin, and each is answered with the list behind it."""
ABOUT_PARTS = 10
"""`sekitar 150` is off if it differs by more than one part in so many of what is counted."""


def check_claims(
    picture: OperationPicture,
    asked: ClaimsToCheck,
    now: str,
    *,
    sight: Sight,
    name_of: NameOf,
    vector: Mapping[str, int],
    reading: Reading | None = None,
) -> ClaimsChecked:
    """Counts what is stated, and says where it differs. ValueError if the day is none.

    `reading` is that of the text, if it was read already with what places are called.
    TooLarge for a text of more than `CLAIMS_MAX` totals.
    """
    reading = reading or read_text(picture.charter, asked.text or "", ())
    if len(reading.stated) > CLAIMS_MAX:
        raise TooLarge(
            f"text: {len(reading.stated)} totals, more than {CLAIMS_MAX} of one bulletin; check it in parts"
        )
    day, day_from = _day(picture, asked, reading, now)
    counts = _Counts(picture, now, sight, name_of)
    text = asked.text or ""
    in_text, not_taken = _of_text(text, reading, counts, day, by_sentence=day_from == "unclear")
    claims = [*_of_fields(asked, counts.on(day)), *in_text]
    sums = [_sum_checked(text, each) for each in reading.sums]
    return ClaimsChecked(
        operation_id=picture.operation_id,
        day=day,
        at=now,
        vector=dict(vector),
        flags=sum(each.flag for each in claims) + sum(each.flag for each in sums),
        claims=claims,
        day_from=day_from,
        days_named=reading.days,
        not_taken=not_taken,
        sums=sums,
    )


class _Counts:
    """What the facts count of each day that is asked for, each counted once."""

    def __init__(self, picture: OperationPicture, now: str, sight: Sight, name_of: NameOf) -> None:
        self._picture, self._now, self._sight, self._name_of = picture, now, sight, name_of
        self._days: dict[str, DayCount] = {}
        self._counted: dict[tuple[str, Claim], Counted | None] = {}

    def on(self, day: str) -> DayCount:
        """ValueError if the day is none."""
        if day not in self._days:
            window = window_of(self._picture, self._now, day)
            self._days[day] = DayCount(self._picture, window, self._sight, self._name_of)
        return self._days[day]

    def of(self, day: str, claim: Claim) -> Counted | None:
        """None if nobody counted it."""
        if (day, claim) not in self._counted:
            self._counted[day, claim] = getattr(self.on(day), claim)()
        return self._counted[day, claim]


def _of_fields(asked: ClaimsToCheck, count: DayCount) -> list[ClaimChecked]:
    return [
        _checked(claim, Quantity(first=0, before=0, low=stated), getattr(count, claim)(), None)
        for claim in (asked.stated.__struct_fields__ if asked.stated else ())
        if (stated := getattr(asked.stated, claim)) is not None
    ]


def _of_text(
    text: str, reading: Reading, counts: _Counts, day: str, *, by_sentence: bool
) -> tuple[list[ClaimChecked], list[NumberNotTaken]]:
    """The claims of a text, and its numbers that are none, both in its order.

    `by_sentence`: each is counted on the day that its own sentence names.
    """
    claims: list[ClaimChecked] = []
    not_taken = [
        NumberNotTaken(reason=each.reason, found=_found(text, each.start, each.end))
        for each in reading.not_taken
    ]
    for stated in reading.stated:
        where = _found(text, stated.start, stated.end)
        own_day = stated.day if by_sentence else day
        reason: NotTakenReason | None = None if stated.scope == "total" else stated.scope
        held = None
        if reason is None and not own_day:
            reason = "day_unclear"
        elif reason is None and own_day:
            held = counts.of(own_day, stated.claim)
        if held is None:
            not_taken.append(NumberNotTaken(reason=reason or "uncounted", found=where))
        else:
            checked = _checked(stated.claim, stated.quantity, held, where)
            claims.append(replace(checked, day=own_day) if own_day != day else checked)
    return claims, sorted(not_taken, key=lambda each: each.found.start)


def _sum_checked(text: str, found: Sum) -> SumChecked:
    stated = found.total.exact or 0
    return SumChecked(
        claim=found.total.claim,
        relation=found.relation,
        stated=stated,
        parts=[each.exact or 0 for each in found.parts],
        made=found.made,
        difference=0 if found.adds_up else found.made - stated,
        flag=not found.adds_up,
        found=_found(text, found.total.start, found.total.end),
        found_parts=[_found(text, each.start, each.end) for each in found.parts],
    )


def read_text(charter: Charter | None, text: str, places: Iterable[str]) -> Reading:
    """What a text states. `places` are names of kelurahan and kecamatan: what it tells of one is no total."""
    return read_bulletin(text, _names(charter, places))


def _names(charter: Charter | None, places: Iterable[str]) -> list[tuple[str, ...]]:
    """Names a text may tell of apart from the whole, as folded words; `Naikoten Dua` also as `Naikoten 2`."""
    forces = (force.name for force in charter.task_forces) if charter else ()
    found = [tuple(token.fold for token in tokens_of(name)) for name in (*places, *forces)]
    figures = {"satu": "1", "dua": "2", "tiga": "3"}
    also = [(*name[:-1], figures[name[-1]]) for name in found if len(name) > 1 and name[-1] in figures]
    return [name for name in (*found, *also) if name]


def _day(picture: OperationPicture, asked: ClaimsToCheck, reading: Reading, now: str) -> tuple[str, DayFrom]:
    """The day to count: the one asked for, else the only one the text names, else today."""
    if asked.day is not None:
        return asked.day, "asked"
    if len(reading.days) == 1:
        return reading.days[0], "text"
    return local_day(now, zone_of(picture)), "unclear" if reading.days else "now"


def _found(text: str, start: int, end: int) -> FoundIn:
    return FoundIn(start=start, end=end, words=text[start:end])


def _checked(claim: str, stated: Quantity, counted: Counted, found: FoundIn | None) -> ClaimChecked:
    count, behind = counted
    difference = _difference(stated, count)
    off = abs(difference) * ABOUT_PARTS > count if stated.precision == "about" else difference != 0
    return ClaimChecked(
        claim=claim,
        stated=stated.low,
        counted=count,
        difference=difference,
        flag=off or stated.in_words is not None,
        behind=behind,
        precision=stated.precision,
        stated_to=stated.high,
        in_brackets=stated.in_words,
        found=found,
    )


def _difference(stated: Quantity, count: int) -> int:
    """Stated − counted, from the nearer end of what is stated; 0 within it."""
    low, high = stated.low, stated.low if stated.high is None else stated.high
    if stated.precision == "at_most":
        return min(0, high - count)
    if count < low:
        return low - count
    return 0 if stated.precision == "at_least" else min(0, high - count)
