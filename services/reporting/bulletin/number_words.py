"""Numbers in Indonesian words, both ways: `seratus lima puluh satu` is 151.

The forms are those of the Kamus Besar Bahasa Indonesia: `se-` stands for one before belas, puluh, ratus, ribu
and juta; groups of three digits are followed by ribu, juta, miliar.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

NUMBER_MAX: Final = 999_999_999_999
DIGITS: Final = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")
SCALES: Final = {
    "miliar": 10**9, "milyar": 10**9, "juta": 10**6, "jt": 10**6, "ribu": 10**3, "rb": 10**3,
}  # fmt: skip
_NAMED_SCALES: Final = ((10**9, "miliar"), (10**6, "juta"), (10**3, "ribu"))
_ONE_OF: Final = {"seribu": 10**3, "sejuta": 10**6, "semiliar": 10**9, "semilyar": 10**9}
_DIGIT_OF: Final = {word: digit for digit, word in enumerate(DIGITS) if digit}
NUMBER_WORDS: Final = frozenset(
    (*DIGITS, *SCALES, *_ONE_OF, "seratus", "ratus", "sepuluh", "puluh", "sebelas", "belas")
)
"""The words that a cardinal number is made of."""
VAGUE: Final = {
    "belasan": (11, 19), "puluhan": (10, 99), "ratusan": (100, 999), "ribuan": (1_000, 999_999),
}  # fmt: skip
"""What `belasan` and its like may mean at the least and at the most."""


class Cardinal(NamedTuple):
    """A number and how many pieces of the text it takes."""

    value: int
    used: int


def words_of(number: int) -> str:
    """The number in words. ValueError below 0 or beyond `NUMBER_MAX`."""
    if not 0 <= number <= NUMBER_MAX:
        raise ValueError(f"{number} has no words here: 0 to {NUMBER_MAX}")
    if number == 0:
        return DIGITS[0]
    words: list[str] = []
    for scale, name in _NAMED_SCALES:
        group, number = divmod(number, scale)
        if group == 1 and scale < 10**9:
            words.append(f"se{name}")
        elif group:
            words += [*_below_thousand(group), name]
    return " ".join(words + _below_thousand(number))


def parts_of(word: str) -> list[str]:
    """A word, or the two that were written as one: `limabelas`, `duapuluh`."""
    for suffix in ("belas", "puluh", "ratus", "ribu"):
        if word.endswith(suffix) and word.removesuffix(suffix) in _DIGIT_OF:
            return [word.removesuffix(suffix), suffix]
    return [word]


def read_cardinal(pieces: Sequence[str | int]) -> Cardinal | None:
    """The longest number that begins here, None if none does.

    A piece is a word or what digits say: `2 ribu 500` is 2,500. Scales fall: `dua ribu tiga juta` is 2,000
    and then another number.
    """
    if pieces[:1] == ["nol"]:
        return Cardinal(0, 1)
    total, used, below = 0, 0, NUMBER_MAX + 1
    while used < len(pieces):
        group, scale, taken = _group(pieces[used:])
        # Digits of more than three places are a number of their own, or the scale's only group.
        if not taken or scale >= below or group * scale >= below or (used and group >= 1000):
            break
        total, used, below = total + group * scale, used + taken, scale
        if scale == 1:
            break
    return Cardinal(total, used) if used else None


def _group(pieces: Sequence[str | int]) -> tuple[int, int, int]:
    """One group with its scale: value, scale, pieces taken; nothing taken if none begins here."""
    first = pieces[0]
    if isinstance(first, str) and first in _ONE_OF:
        return 1, _ONE_OF[first], 1
    group, taken = (first, 1) if isinstance(first, int) else _read_below_thousand(pieces)
    if not taken:
        return 0, 1, 0
    scale = SCALES.get(str(pieces[taken])) if taken < len(pieces) else None
    return (group, 1, taken) if scale is None else (group, scale, taken + 1)


def _read_below_thousand(pieces: Sequence[str | int]) -> tuple[int, int]:
    total, used = 0, 0
    for power, one, name in ((100, "seratus", "ratus"), (10, "sepuluh", "puluh")):
        digit = _digit(pieces, used)
        if pieces[used : used + 1] == [one]:
            total, used = total + power, used + 1
        elif digit and pieces[used + 1 : used + 2] == [name]:
            total, used = total + power * digit, used + 2
        else:
            continue
        if one == "sepuluh" and total % 100 == 10:
            return total, used
    if pieces[used : used + 1] == ["sebelas"] and total % 100 == 0:
        return total + 11, used + 1
    digit = _digit(pieces, used)
    if digit and pieces[used + 1 : used + 2] == ["belas"] and total % 100 == 0:
        return total + 10 + digit, used + 2
    return (total + digit, used + 1) if digit else (total, used)


def _digit(pieces: Sequence[str | int], at: int) -> int:
    word = pieces[at] if at < len(pieces) else ""
    return _DIGIT_OF.get(word, 0) if isinstance(word, str) else 0


def _below_thousand(number: int) -> list[str]:
    hundreds, rest = divmod(number, 100)
    words = [] if not hundreds else ["seratus"] if hundreds == 1 else [DIGITS[hundreds], "ratus"]
    tens, digit = divmod(rest, 10)
    if rest in {10, 11}:
        return [*words, "sepuluh" if rest == 10 else "sebelas"]
    if tens == 1:
        return [*words, DIGITS[digit], "belas"]
    words += [DIGITS[tens], "puluh"] if tens else []
    return words + ([DIGITS[digit]] if digit else [])
