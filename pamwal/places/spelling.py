"""How names of places are written, and which ways of writing mean the same name."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal

from msgspec import Struct

Kind = Literal["kelurahan", "kecamatan"]

_ROMAN: Final = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_WORDS: Final = (
    "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas",
    "duabelas",
)  # fmt: skip
_DIGITS: Final = {
    word: str(number)
    for words in (_ROMAN, _WORDS)
    for number, word in enumerate(words, start=1)
}  # fmt: skip
_PREFIXES: Final[dict[str, Kind]] = {
    "kel": "kelurahan",
    "kelurahan": "kelurahan",
    "desa": "kelurahan",
    "ds": "kelurahan",
    "kec": "kecamatan",
    "kecamatan": "kecamatan",
}
_WORD = re.compile(r"[a-z]+|[0-9]+")


class Said(Struct, frozen=True, kw_only=True):
    """A name as it was written, taken apart."""

    words: tuple[str, ...]
    kind: Kind | None
    """What a prefix such as `Kel.` says."""
    within: str | None
    """The kecamatan that stands behind it, as in `Kel. Oebobo, Kec. Oebobo`."""


def words_of(text: str) -> tuple[str, ...]:
    """Lower-case words and numbers; without diacritics, hyphens, dots; apostrophes do not part words."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return tuple(_WORD.findall(re.sub(r"['’‘`ʼ]", "", plain.casefold())))


def said(text: str) -> Said:
    """A text as name, kind and kecamatan. A prefix alone (`Desa`) is a name."""
    words = words_of(text)
    kind = _PREFIXES.get(words[0]) if len(words) > 1 else None
    name = words[1:] if kind else words
    for at in range(1, len(name) - 1):
        if _PREFIXES.get(name[at]) == "kecamatan":
            return Said(words=name[:at], kind=kind, within=" ".join(name[at + 1 :]))
    return Said(words=name, kind=kind, within=None)


def key_of(words: tuple[str, ...]) -> str:
    """Joined, so that `Batu Plat` is `Batuplat`; a numeral behind the first word as digits."""
    return "".join(word if at == 0 else _DIGITS.get(word, word) for at, word in enumerate(words))


def keys_of(words: tuple[str, ...]) -> frozenset[str]:
    """All ways to write a name in one: `naikoten1`, and joined `naikotensatu`, `naikoteni`."""
    key = key_of(words)
    digits = re.search(r"(?<=[a-z])([0-9]+)$", key)
    if digits is None or not 1 <= int(digits[1][:4]) <= len(_ROMAN):
        return frozenset({key})
    stem, number = key[: digits.start()], int(digits[1]) - 1
    return frozenset({key, stem + _WORDS[number], stem + _ROMAN[number]})


def one_slip(one: str, other: str) -> bool:
    """Whether a letter too many, too few, another one, or two neighbours swapped part two unequal keys."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    if len(one) > len(other):
        one, other = other, one
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    rest, other_rest = one[at:], other[at:]
    if len(one) < len(other):
        return rest == other_rest[1:]
    swapped = len(rest) > 1 and rest[0] == other_rest[1] and rest[1] == other_rest[0]
    return rest[1:] == other_rest[1:] or (swapped and rest[2:] == other_rest[2:])
