"""Numbers of a bulletin that count nothing: dates, times, phone numbers, articles, marks of a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final, Literal, NamedTuple

from services.reporting.bulletin import lexicon as words
from services.reporting.bulletin.tokens import Token

AsideReason = Literal[
    "date", "time", "phone", "personal_number", "reference", "list_mark", "measure", "idiom", "name"
]
LIST_MARK_MAX: Final = 99
PHONE_DIGITS_MIN: Final = 9
PHONE_DIGITS_MAX: Final = 13
JOINTS_MAX: Final = 12
"""So many pieces of one number are looked at: however a text repeats itself, reading it stays linear."""
RANGE_MARKS: Final = frozenset("-–—")


class Aside(NamedTuple):
    """Tokens `first` to `before` that count nothing; `marks_part`: they name one of several.

    `day` is YYYY-MM-DD, as long as the year is not known MM-DD.
    """

    first: int
    before: int
    reason: AsideReason
    day: str | None = None
    marks_part: bool = False


Rule = Callable[[Sequence[Token], int], Aside | None]


def asides_of(
    tokens: Sequence[Token], names: Sequence[tuple[str, ...]], year: int | None = None
) -> list[Aside]:
    """All of them in their order; none overlaps another.

    `names` are places and task forces, folded; `year` is that of dates that name none.
    """
    by_first: dict[str, list[tuple[str, ...]]] = {}
    for name in sorted(set(names), key=len, reverse=True):
        by_first.setdefault(name[0], []).append(name)

    def named(tokens: Sequence[Token], at: int) -> Aside | None:
        for name in by_first.get(tokens[at].fold, ()):
            if tuple(each.fold for each in tokens[at : at + len(name)]) == name:
                return Aside(at, at + len(name), "name", marks_part=True)
        return None

    found: list[Aside] = []
    at = 0
    while at < len(tokens):
        aside = next((each for rule in (named, *_RULES) if (each := rule(tokens, at))), None)
        if aside is not None:
            found.append(aside._replace(day=_in_year(aside.day, year)))
        at = aside.before if aside is not None else at + 1
    return found


def _in_year(day: str | None, year: int | None) -> str | None:
    """The whole day; None if nobody says of which year it is, or if there is no such day."""
    if day is None or len(day) > len("10-03"):
        return day
    month, day_of_month = day.split("-")
    return None if year is None else _day(year, int(month), int(day_of_month))


def plain_value(token: Token) -> int | None:
    """What bare digits say, None for anything else or more than 12 of them."""
    return (
        int(token.fold) if token.kind == "number" and token.fold.isdigit() and len(token.fold) <= 12 else None
    )


def is_clock(token: Token) -> bool:
    """`16.00`, `16:00`: an hour and two digits of minutes."""
    hour, mark, minute = token.fold.partition(":" if ":" in token.fold else ".")
    if token.kind != "number" or not mark or not (hour.isdigit() and minute.isdigit()):
        return False
    return len(minute) == 2 and len(hour) <= 2 and int(hour) <= 24 and int(minute) <= 59


def range_end(tokens: Sequence[Token], at: int) -> int:
    """Where the number behind `-`, `s/d`, `s.d.`, `sampai (dengan)` or `hingga` begins; `at` if none is."""
    folds = [each.fold for each in tokens[at : at + 4]]
    for mark in (
        ("s", ".", "d", "."),
        ("s", "/", "d"),
        ("sampai", "dengan"),
        ("sampai",),
        ("hingga",),
        ("sd",),
    ):
        if tuple(folds[: len(mark)]) == mark:
            return at + len(mark)
    return at + 1 if folds and folds[0] in RANGE_MARKS else at


def _fold(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].fold if 0 <= at < len(tokens) else ""


def _is_number(tokens: Sequence[Token], at: int) -> bool:
    return 0 <= at < len(tokens) and tokens[at].kind == "number"


def _list_mark(tokens: Sequence[Token], at: int) -> Aside | None:
    """`1.`, `2)`, `(3)` at the beginning of a line."""
    opened = at + 1 if _fold(tokens, at) == "(" else at
    begins_line = at == 0 or tokens[at - 1].kind == "line"
    if not begins_line or not _is_number(tokens, opened) or _fold(tokens, opened + 1) not in {".", ")"}:
        return None
    value = plain_value(tokens[opened])
    if value is None or value > LIST_MARK_MAX or not tokens[opened + 1].glued:
        return None
    return Aside(at, opened + 2, "list_mark")


def _date(tokens: Sequence[Token], at: int) -> Aside | None:
    """`3 Oktober 2024`, `25 September s.d. 23 November 2024`, `03/10/2024`, `2024-10-03`, `tgl 3`."""
    if _fold(tokens, at) in words.DATE_WORDS and _is_number(tokens, at + 1):
        return _date(tokens, at + 1) or Aside(at, at + 2, "date")
    return _written_date(tokens, at) or _figured_date(tokens, at) or _year(tokens, at)


def _written_date(tokens: Sequence[Token], at: int) -> Aside | None:
    dated = _day_and_month(tokens, at)
    if dated is not None:
        to = range_end(tokens, dated.before)
        ends = _day_and_month(tokens, to) if to > dated.before else None
        return dated if ends is None else ends._replace(first=at, day=None)
    to = range_end(tokens, at + 1)
    ends = _day_and_month(tokens, to) if to > at + 1 and _day_of_month(tokens, at) else None
    return ends._replace(first=at, day=None) if ends else None


def _day_and_month(tokens: Sequence[Token], at: int) -> Aside | None:
    day, month = _day_of_month(tokens, at), words.MONTHS.get(_fold(tokens, at + 1))
    if day is None or month is None:
        return None
    year = plain_value(tokens[at + 2]) if at + 2 < len(tokens) else None
    if year is not None and 1900 <= year <= 2099:
        return Aside(at, at + 3, "date", day=_day(year, month, day))
    return Aside(at, at + 2, "date", day=f"{month:02d}-{day:02d}")


def _day_of_month(tokens: Sequence[Token], at: int) -> int | None:
    day = plain_value(tokens[at]) if at < len(tokens) else None
    return day if day is not None and 1 <= day <= 31 else None


def _figured_date(tokens: Sequence[Token], at: int) -> Aside | None:
    chain = _chain(tokens, at, "/-") or [at]
    pieces = [tokens[each].fold for each in chain] if len(chain) > 1 else tokens[at].fold.split(".")
    if len(chain) == 2 and _behind_weekday(tokens, at) and all(each.isdigit() for each in pieces):
        day, month = (int(each[:3]) for each in pieces)
        whole = 1 <= month <= 12 and 1 <= day <= 31
        return Aside(at, chain[-1] + 1, "date", day=f"{month:02d}-{day:02d}") if whole else None
    if len(pieces) != 3 or not all(each.isdigit() and len(each) <= 4 for each in pieces):
        return None
    first, month, last = (int(each) for each in pieces)
    year, day = (first, last) if first > 31 else (last, first)
    if not (1 <= month <= 12 and 1 <= day <= 31 and (year <= 99 or 1900 <= year <= 2099)):
        return None
    named = _day(year, month, day) if year > 99 else None
    return Aside(at, chain[-1] + 1, "date", day=named)


def _behind_weekday(tokens: Sequence[Token], at: int) -> bool:
    """`Kamis (3/10)`, `Kamis, 3/10`: a day without its year, as newspapers write it."""
    mark = _fold(tokens, at - 1) in {"(", ","}
    return _fold(tokens, at - 2 if mark else at - 1) in words.WEEKDAYS


def _year(tokens: Sequence[Token], at: int) -> Aside | None:
    if _fold(tokens, at) != "tahun" and _fold(tokens, at) not in words.MONTHS:
        return None
    year = plain_value(tokens[at + 1]) if at + 1 < len(tokens) else None
    return Aside(at, at + 2, "date") if year is not None and 1900 <= year <= 2099 else None


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _time(tokens: Sequence[Token], at: int) -> Aside | None:
    """`pukul 16.00 s.d. 18.00 WITA`, `jam 4`, `16.00-selesai`."""
    first = at
    if _fold(tokens, at) in words.TIME_WORDS:
        at = at + 2 if _fold(tokens, at + 1) == "." else at + 1
        if not _is_number(tokens, at):
            return None
    elif not is_clock(tokens[at]) and _fold(tokens, at + 1) not in words.ZONE_LETTERS:
        return None
    if not _is_number(tokens, at):
        return None
    before, to = at + 1, range_end(tokens, at + 1)
    if to > before and _is_number(tokens, to):
        before = to + 1
    return Aside(first, before + (_fold(tokens, before) in words.ZONE_LETTERS), "time")


def _phone(tokens: Sequence[Token], at: int) -> Aside | None:
    """`0812-3456-7890`, `+62 812 3456 7890`, `HP. 08…`."""
    first = at
    told = _fold(tokens, at) in words.PHONE_WORDS or _fold(tokens, at) == "+"
    while told and at < first + JOINTS_MAX and _fold(tokens, at) in words.PHONE_WORDS | {"+", ".", ":", "/"}:
        at += 1
    if not _is_number(tokens, at):
        return None
    before, digits = at, ""
    while len(digits) < PHONE_DIGITS_MAX and before < len(tokens) and tokens[before].fold.isdigit():
        digits += tokens[before].fold
        before += 2 if _fold(tokens, before + 1) == "-" and _is_number(tokens, before + 2) else 1
    leads = digits.startswith(("08", "021", "0380", "62")) or told
    return Aside(first, before, "phone") if leads and len(digits) >= PHONE_DIGITS_MIN else None


def _reference(tokens: Sequence[Token], at: int) -> Aside | None:
    """`Pasal 5`, `nomor urut 3`, `paslon 3`, `NRP 8701`, `ke-2`, `H-1`, `TPS 012`, `STTP/12/X/2024`, `R4`."""
    fold, end = _fold(tokens, at), at + 1
    if fold == "paslon" or (fold == "calon" and _fold(tokens, at - 1) == "pasangan"):
        while end < at + JOINTS_MAX and _fold(tokens, end) in {"nomor", "no", "nmr", "urut", "."}:
            end += 1
        which = _is_number(tokens, end) and plain_value(tokens[end]) is not None
        return Aside(at, end + 1, "reference", marks_part=True) if which else None
    if fold in words.REFERENCES and _fold(tokens, at - 1) not in words.BEFORE_EACH:
        while _fold(tokens, end) in {".", ":", "-", "+", "(", "/", "urut"} and end - at < 4:
            end += 1
        if _is_number(tokens, end):
            reason: AsideReason = "personal_number" if fold in words.PERSONAL_NUMBERS else "reference"
            before = (_chain(tokens, end, "/-.") or [end])[-1] + 1
            return Aside(at, before, reason, marks_part=fold in words.PART_WORDS)
    chain = _chain(tokens, at, "/-+")
    about = len(chain) == 2 and _fold(tokens, chain[-1]) == "an"
    if {tokens[each].kind for each in chain} == {"number", "word"} and not about:
        return Aside(at, chain[-1] + 1, "reference")
    if tokens[at].kind == "word" and _is_number(tokens, at + 1) and tokens[at + 1].glued:
        return Aside(at, at + 2, "reference")
    return None


def _measure(tokens: Sequence[Token], at: int) -> Aside | None:
    """`95 %`, `2 jam`, `3 km`, `Rp 500.000`, `dua jam`."""
    if _fold(tokens, at) == "rp":
        to = at + 2 if _fold(tokens, at + 1) == "." else at + 1
        return Aside(at, to + 1, "measure") if _is_number(tokens, to) else None
    if _is_number(tokens, at) and (
        _fold(tokens, at + 1) in words.MEASURES or _fold(tokens, at + 1) in {"%", "‰"}
    ):
        return Aside(at, at + 2, "measure")
    return None


def _idiom(tokens: Sequence[Token], at: int) -> Aside | None:
    """`salah satu`, `satu per satu`, `satu sama lain`, `tiap satu`: no number is meant."""
    for idiom in (
        ("salah", "satu"),
        ("satu", "per", "satu"),
        ("satu", "sama", "lain"),
        ("satu", "-", "satu"),
    ):
        if tuple(each.fold for each in tokens[at : at + len(idiom)]) == idiom:
            return Aside(at, at + len(idiom), "idiom")
    if _fold(tokens, at) in {"1", "satu"} and _fold(tokens, at - 1) in words.BEFORE_EACH:
        return Aside(at, at + 1, "idiom")
    return None


def _chain(tokens: Sequence[Token], at: int, joints: str) -> list[int]:
    """Pieces that joints bind without a space, `12/X/2024`; empty if there is no second one."""
    chain = [at]
    while at + 2 < len(tokens) and tokens[at + 1].glued and tokens[at + 2].glued and len(chain) < JOINTS_MAX:
        if tokens[at + 1].fold not in joints or tokens[at + 2].kind not in {"number", "word"}:
            break
        at += 2
        chain.append(at)
    return chain if len(chain) > 1 and tokens[chain[0]].kind in {"number", "word"} else []


_RULES: Final[tuple[Rule, ...]] = (_list_mark, _date, _phone, _time, _reference, _measure, _idiom)
