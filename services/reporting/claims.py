"""The claim check: a bulletin's totals against the fold, each with the list behind it. Pure.

What is planned (officers, rallies, venues, kelurahan, kecamatan, satgas, pairs) is counted over the day's
rallies, cancelled ones left out, and over what is ordered, not what is only reserved; present, late and
absent are the situation's totals at the moment of asking. `bulletin/` reads the totals out of a pasted text.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from pamwal.contracts.claim_check import (
    ClaimChecked,
    ClaimsChecked,
    ClaimsToCheck,
    DayFrom,
    EachOf,
    FoundIn,
    Named,
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
from services.reporting.bulletin.scopes import Stated, Sum
from services.reporting.bulletin.tokens import tokens_of
from services.reporting.counted import OF_PLACES, OF_SATGAS, Counted, DayCount
from services.reporting.picture import OperationPicture
from services.reporting.picture.charter import Charter
from services.reporting.views.strength import NameOf
from services.reporting.views.window import window_of, zone_of

KECAMATAN_LETTERS: Final = 8
"""The code of a kecamatan, `53.71.04`; that of a kelurahan is longer."""
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
    places: Mapping[str, str] = MappingProxyType({}),
) -> ClaimsChecked:
    """Counts what is stated, and says where it differs. ValueError if the day is none.

    `places` are names of kelurahan and kecamatan by code; `reading` is that of the text, if it was read
    already with the same names. TooLarge for a text of more than `CLAIMS_MAX` totals.
    """
    reading = reading or read_text(picture.charter, asked.text or "", places)
    if len(reading.stated) > CLAIMS_MAX:
        raise TooLarge(
            f"text: {len(reading.stated)} totals, more than {CLAIMS_MAX} of one bulletin; check it in parts"
        )
    day, day_from = _day(picture, asked, reading, now)
    counts = _Counts(picture, now, sight, name_of, places)
    text = asked.text or ""
    in_text, not_taken = _of_text(text, reading, counts, day, unclear=day_from == "unclear")
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
    """What the facts count of each day and part that is asked for, each counted once."""

    def __init__(
        self, picture: OperationPicture, now: str, sight: Sight, name_of: NameOf, places: Mapping[str, str]
    ) -> None:
        self._picture, self._now, self._sight, self._name_of = picture, now, sight, name_of
        self._codes = _codes_by_words(picture.charter, places)
        self._days: dict[str, DayCount] = {}
        self._counted: dict[tuple[str, str, str], Counted | None] = {}

    def on(self, day: str) -> DayCount:
        """ValueError if the day is none."""
        if day not in self._days:
            window = window_of(self._picture, self._now, day)
            self._days[day] = DayCount(self._picture, window, self._sight, self._name_of)
        return self._days[day]

    def part(self, named: str, claim: Claim) -> Named | None:
        """The place or task force that is named, None if it is none for certain or has no such claim."""
        codes = self._codes.get(_words_of(named), set())
        if len(codes) != 1:
            return None
        (found,) = codes
        return found if claim in (OF_SATGAS if self._is_satgas(found.code) else OF_PLACES) else None

    def check(self, stated: Stated, day: str, of: Named | None, where: FoundIn) -> ClaimChecked | None:
        """None if nobody counted it."""
        if stated.scope == "each" and stated.per is not None:
            return self._check_each(stated, stated.per, day, where)
        key = (day, of.code if of else stated.election or "", stated.claim)
        if key not in self._counted:
            count = self.on(day)
            if of is not None:
                count = count.of_satgas(of.code) if self._is_satgas(of.code) else count.within(of.code)
            of_pairs = (stated.election,) if stated.claim == "pairs" else ()
            self._counted[key] = getattr(count, stated.claim)(*of_pairs)
        held = self._counted[key]
        return None if held is None else replace(_checked(stated.claim, stated.quantity, held, where), of=of)

    def _check_each(self, stated: Stated, per: EachOf, day: str, where: FoundIn) -> ClaimChecked | None:
        each = [(one, one.count) for one in self.on(day).each(stated.claim, per) if one.count is not None]
        if not each:
            return None
        by_difference = sorted(each, key=lambda one: -abs(_difference(stated.quantity, one[1])))
        count = by_difference[0][1]
        if stated.average:
            count = (2 * sum(held for _, held in each) + len(each)) // (2 * len(each))
        behind = [one for one, _ in by_difference]
        checked = _checked(stated.claim, stated.quantity, (count, behind), where)
        return replace(checked, per=per, average=stated.average)

    def _is_satgas(self, code: str) -> bool:
        charter = self._picture.charter
        return charter is not None and any(force.satgas_id == code for force in charter.task_forces)


def _codes_by_words(charter: Charter | None, places: Mapping[str, str]) -> dict[tuple[str, ...], set[Named]]:
    """What words name: `oebobo` two places, `kel oebobo` one; a task force with and without `satgas`."""
    found: dict[tuple[str, ...], set[Named]] = {}
    for code, name in places.items():
        for spelling in _spellings(name):
            for kind in ("kelurahan", "kel") if len(code) > KECAMATAN_LETTERS else ("kecamatan", "kec"):
                found.setdefault((kind, *spelling), set()).add(Named(code=code, name=name))
            found.setdefault(spelling, set()).add(Named(code=code, name=name))
    for force in charter.task_forces if charter else ():
        folded = _words_of(force.name)
        for spelling in (folded, ("satgas", *folded)):
            found.setdefault(spelling, set()).add(Named(code=force.satgas_id, name=force.name))
    return found


def _words_of(text: str) -> tuple[str, ...]:
    return tuple(token.fold for token in tokens_of(text) if token.kind in {"word", "number"})


def _spellings(name: str) -> list[tuple[str, ...]]:
    """A name as folded words; `Naikoten Dua` also as `Naikoten 2`."""
    folded = tuple(token.fold for token in tokens_of(name))
    if not folded:
        return []
    figure = {"satu": "1", "dua": "2", "tiga": "3"}.get(folded[-1]) if len(folded) > 1 else None
    return [folded] if figure is None else [folded, (*folded[:-1], figure)]


def _of_fields(asked: ClaimsToCheck, count: DayCount) -> list[ClaimChecked]:
    return [
        _checked(claim, Quantity(first=0, before=0, low=stated), getattr(count, claim)(), None)
        for claim in (asked.stated.__struct_fields__ if asked.stated else ())
        if (stated := getattr(asked.stated, claim)) is not None
    ]


def _of_text(
    text: str, reading: Reading, counts: _Counts, day: str, *, unclear: bool
) -> tuple[list[ClaimChecked], list[NumberNotTaken]]:
    """The claims of a text, and its numbers that are none, both in its order.

    Of a text of several days each is counted on the day that its own sentence names, else on `day` unless
    that is `unclear`.
    """
    claims: list[ClaimChecked] = []
    not_taken = [
        NumberNotTaken(reason=each.reason, found=_found(text, each.start, each.end))
        for each in reading.not_taken
    ]
    several = len(reading.days) > 1
    for stated in reading.stated:
        where = _found(text, stated.start, stated.end)
        own_day = (several and stated.day) or (None if unclear else day)
        of = (
            counts.part(text[slice(*stated.of)], stated.claim)
            if stated.scope == "part" and stated.of
            else None
        )
        checked = None
        reason: NotTakenReason = "uncounted"
        if stated.scope == "part" and of is None:
            reason = "part"
        elif stated.scope == "each" and stated.per is None:
            reason = "each"
        elif not own_day:
            reason = "day_unclear"
        else:
            checked = counts.check(stated, own_day, of, where)
        if checked is None:
            not_taken.append(NumberNotTaken(reason=reason, found=_found(text, *_with_name(text, stated))))
        else:
            claims.append(replace(checked, day=own_day) if own_day != day else checked)
    return claims, sorted(not_taken, key=lambda each: each.found.start)


def _with_name(text: str, stated: Stated) -> tuple[int, int]:
    """Where a number stands, with the part it is told of where nothing but a space or a mark is between."""
    start, end = stated.start, stated.end
    if stated.of is None:
        return start, end
    first, before = stated.of
    between = text[end:first] if first >= end else text[before:start]
    close = not between.strip(" :=") and "\n" not in between
    return (min(start, first), max(end, before)) if close else (start, end)


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


def read_text(charter: Charter | None, text: str, places: Mapping[str, str]) -> Reading:
    """What a text states; `places` are names of kelurahan and kecamatan, which it may tell of, by code.

    A date without its year is of the year in which the operation begins and ends.
    """
    forces = (force.name for force in charter.task_forces) if charter else ()
    names = [each for name in (*places.values(), *forces) for each in _spellings(name)]
    years = {charter.starts_on[:4], charter.ends_on[:4]} if charter else set()
    return read_bulletin(text, names, int(years.pop()) if len(years) == 1 else None)


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
