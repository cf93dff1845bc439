"""How many: the numbers of a bulletin with how they are meant, in figures, in words, or in both."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from services.reporting.bulletin import lexicon as words
from services.reporting.bulletin.asides import is_clock, range_end
from services.reporting.bulletin.number_words import (
    NUMBER_MAX,
    NUMBER_WORDS,
    SCALES,
    VAGUE,
    parts_of,
    read_cardinal,
)
from services.reporting.bulletin.tokens import Token

Precision = Literal["exact", "range", "about", "at_least", "at_most"]
Doubt = Literal["ambiguous", "unreadable", "too_large", "time", "denied"]
_PHRASE_MAX: Final = max(map(len, words.BOUNDS))
_BOUNDS_MAX: Final = 3
_Said = words.Bound | Literal["denied"]
_EITHER: Final = frozenset({"/", "+", "atau", "dan"})
"""Between two numbers they leave open which is meant."""


class Quantity(Struct, frozen=True, kw_only=True):
    """A number found in the tokens `first` to `before`; `doubt` says why it is not taken."""

    first: int
    before: int
    low: int = 0
    high: int | None = None
    """The upper end, of a range only."""
    precision: Precision = "exact"
    in_words: int | None = None
    """What stands in brackets beside it, if that is another number."""
    doubt: Doubt | None = None
    zero_word: bool = False
    """`nihil`, `tidak ada`: none of what stands beside it, and no number if nothing does."""


def quantity_at(tokens: Sequence[Token], at: int) -> Quantity | None:
    """The quantity that begins here, with its bound, range and brackets; None if none does."""
    if tokens[at].fold not in _FIRST_WORDS:
        return _unbounded(tokens, at)
    zero = phrase_at(tokens, at, words.ZEROS)
    if zero:
        denied = _bare(tokens, at + zero) if tokens[at].fold != "nihil" else None
        if denied is None:
            return Quantity(first=at, before=at + zero, zero_word=True)
        return replace(denied, first=at, doubt="denied")
    bounds, begins = _bounds(tokens, at)
    found = _unbounded(tokens, begins)
    if found is None:
        return None
    found = replace(found, first=at)
    if not bounds or found.doubt:
        return found
    return _bounded(found, bounds[0]) if len(bounds) == 1 else replace(found, doubt="ambiguous")


def _bounds(tokens: Sequence[Token], at: int) -> tuple[list[_Said], int]:
    """What is said before a number, and where it begins: one bound, or so many that it is in doubt."""
    bounds: list[_Said] = []
    while len(bounds) < _BOUNDS_MAX and at < len(tokens):
        length = phrase_at(tokens, at, words.BOUNDS)
        if length:
            bounds.append(words.BOUNDS[tuple(each.fold for each in tokens[at : at + length])])
        elif tokens[at].fold in words.NEGATIONS:
            bounds.append("denied")
            length = 1
        else:
            break
        at = _filled(tokens, at + length)
    return bounds, at


def _filled(tokens: Sequence[Token], at: int) -> int:
    """Where the number begins behind words such as `sebanyak`."""
    return at + 1 if at < len(tokens) and tokens[at].fold in words.FILLERS else at


def _unbounded(tokens: Sequence[Token], at: int) -> Quantity | None:
    if at < len(tokens) and tokens[at].fold == "antara":
        return _between(tokens, at)
    found = _bare(tokens, at)
    return _followed(tokens, _doubted(tokens, _ranged(tokens, found))) if found else None


def phrase_at(tokens: Sequence[Token], at: int, phrases: Container[tuple[str, ...]]) -> int:
    """How many tokens the longest of the phrases takes here, 0 if none of them stands here."""
    folds = tuple(each.fold for each in tokens[at : at + _PHRASE_MAX])
    return next((length for length in range(len(folds), 0, -1) if folds[:length] in phrases), 0)


_FIRST_WORDS: Final = frozenset(
    (*(phrase[0] for phrases in (words.ZEROS, words.BOUNDS) for phrase in phrases), *words.NEGATIONS)
)


def _bare(tokens: Sequence[Token], at: int) -> Quantity | None:
    """One number: figures, words, figures with a scale, or a vague word."""
    if at >= len(tokens):
        return None
    token = tokens[at]
    if token.fold in VAGUE:
        low, high = VAGUE[token.fold]
        return Quantity(first=at, before=at + 1, low=low, high=high, precision="range")
    if token.kind == "number" and "," in token.fold:
        return _decimal(tokens, at)
    pieces, ends = _pieces(tokens, at)
    cardinal = read_cardinal(pieces) if pieces else None
    if cardinal is None:
        return _figures_in_doubt(token, at) if token.kind == "number" else None
    before = ends[cardinal.used - 1]
    doubt: Doubt | None = "too_large" if cardinal.value > NUMBER_MAX else None
    return Quantity(first=at, before=before, low=cardinal.value if doubt is None else 0, doubt=doubt)


def _pieces(tokens: Sequence[Token], at: int) -> tuple[list[str | int], list[int]]:
    """Words and values from here on as the reader of numbers takes them, and where each ends.

    Ends where no number goes on: at any other word, and between two that are written in figures.
    """
    pieces: list[str | int] = []
    ends: list[int] = []
    for number in range(at, min(len(tokens), at + 24)):
        token = tokens[number]
        if token.kind == "number":
            value = figures(token.fold)
            if value is None or (pieces and isinstance(pieces[-1], int)):
                break
            pieces.append(value)
            ends.append(number + 1)
            continue
        if token.kind != "word":
            break
        parts = parts_of(token.fold)
        if not NUMBER_WORDS.issuperset(parts):
            break
        pieces += parts
        # A number that takes only the first half of a word takes the whole of it.
        ends += [number + 1] * len(parts)
    return pieces, ends


def figures(text: str) -> int | None:
    """What figures say, with dots between thousands; None if they do not say it for certain."""
    if not text.replace(".", "").isdigit() or len(text) > 16:
        return None
    first, *groups = text.split(".")
    if groups and (len(first) > 3 or first.startswith("0") or any(len(each) != 3 for each in groups)):
        return None
    value = int(text.replace(".", ""))
    return value if value <= NUMBER_MAX else None


def _figures_in_doubt(token: Token, at: int) -> Quantity:
    digits = sum(letter.isdigit() for letter in token.fold)
    doubt: Doubt = "time" if is_clock(token) else "too_large" if digits > 12 else "unreadable"
    return Quantity(first=at, before=at + 1, doubt=doubt)


def _decimal(tokens: Sequence[Token], at: int) -> Quantity:
    """`2,5 ribu`: whole only with its scale. `1,250` may be either, so it is taken for neither."""
    whole, _, fraction = tokens[at].fold.partition(",")
    scale = SCALES.get(tokens[at + 1].fold) if at + 1 < len(tokens) else None
    if scale is None or not (whole.isdigit() and fraction.isdigit()) or len(whole) > 3 or len(fraction) > 6:
        doubt: Doubt = "ambiguous" if fraction.isdigit() and len(fraction) == 3 else "unreadable"
        return Quantity(first=at, before=at + 1, doubt=doubt)
    value, rest = divmod(int(whole + fraction) * scale, 10 ** len(fraction))
    doubtful: Doubt | None = "unreadable" if rest else "too_large" if value > NUMBER_MAX else None
    return Quantity(first=at, before=at + 2, low=value if doubtful is None else 0, doubt=doubtful)


def _ranged(tokens: Sequence[Token], found: Quantity) -> Quantity:
    """`10-15`, `10 s.d. 15`: one quantity of two ends."""
    to = range_end(tokens, found.before)
    upper = _bare(tokens, to) if to > found.before else None
    return found if upper is None else _joined(found, upper)


def _between(tokens: Sequence[Token], at: int) -> Quantity | None:
    """`antara 10 dan 15`."""
    lower = _bare(tokens, at + 1)
    if lower is None or [each.fold for each in tokens[lower.before : lower.before + 1]] != ["dan"]:
        return None
    upper = _bare(tokens, lower.before + 1)
    return None if upper is None else _joined(replace(lower, first=at), upper)


def _joined(lower: Quantity, upper: Quantity) -> Quantity:
    doubt = lower.doubt or upper.doubt
    if doubt is None and ("range" in {lower.precision, upper.precision} or upper.low <= lower.low):
        doubt = "ambiguous"
    return replace(lower, before=upper.before, high=upper.low, precision="range", doubt=doubt)


def _doubted(tokens: Sequence[Token], found: Quantity) -> Quantity:
    """Two numbers side by side, `1 250`, `150/151`, `10 atau 15`, `11 dan 10`: which is meant is not said."""
    before, at = found.before, found.first
    joined = before < len(tokens) and tokens[before].fold in _EITHER
    follows = _bare(tokens, before + 1 if joined else before)
    led = at > 0 and tokens[at - 1].fold in _EITHER
    precedes = at > 0 and _ends_number(tokens, at - 2 if led else at - 1)
    if (follows or precedes) and not found.doubt:
        return replace(found, doubt="ambiguous")
    return found


def _ends_number(tokens: Sequence[Token], at: int) -> bool:
    return at >= 0 and (tokens[at].kind == "number" or _bare(tokens, at) is not None)


def _followed(tokens: Sequence[Token], found: Quantity) -> Quantity:
    """With what bounds it from behind: `150 lebih`, `150-an`."""
    at = found.before
    if found.doubt:
        return found
    if [each.fold for each in tokens[at : at + 1]] == ["lebih"]:
        return _bounded(replace(found, before=at + 1), "more_than")
    if [each.fold for each in tokens[at : at + 2]] == ["-", "an"] and tokens[at].glued:
        return _bounded(replace(found, before=at + 2), "about")
    return found


def _bounded(found: Quantity, bound: _Said) -> Quantity:
    """With its bound. A number has one: what a bound says of a range or of a bounded number is in doubt."""
    if found.precision == "range" and bound == "about":
        return replace(found, precision="about")
    if bound == "denied":
        return replace(found, doubt="denied")
    if bound == "unclear" or found.precision != "exact":
        return replace(found, doubt="ambiguous")
    match bound:
        case "more_than":
            return replace(found, low=found.low + 1, precision="at_least")
        case "less_than":
            return replace(found, low=max(0, found.low - 1), precision="at_most")
        case _:
            return replace(found, precision=bound)
