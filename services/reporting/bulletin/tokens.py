"""A text cut into numbers, words, marks and line ends, each with its place in it. Any text has tokens."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

TokenKind = Literal["number", "word", "mark", "line"]
INSIDE_NUMBERS: Final = ".,:"
"""They belong to a number if digits stand on both sides: 1.250, 16.00, 2,5, 16:00."""
DRESS: Final = "*_~`"
"""What a chat group writes around bold, italic and struck words; it says nothing."""
REDOUBLED: Final = frozenset({"masing", "rata", "tiap", "kira"})
"""`masing2` is short for `masing-masing`, and its 2 is no number."""


class Token(NamedTuple):
    """One piece: `fold` is how it compares, `glued` that nothing stands between it and the one before."""

    kind: TokenKind
    fold: str
    start: int
    end: int
    glued: bool


def tokens_of(text: str) -> list[Token]:
    """The pieces of a text in their order; spaces, dress and invisible characters are left out."""
    found: list[Token] = []
    at, length, bare_from = 0, len(text), -1
    while at < length:
        begins, kind = at, _kind_of(text[at])
        if kind == "number":
            at, fold = _number(text, at)
        elif kind == "word":
            at = _while(text, at, _in_word)
            fold = unicodedata.normalize("NFKC", text[begins:at]).casefold()
            if fold in REDOUBLED and text[at : at + 1] == "2" and not _is_digit(text[at + 1 : at + 2] or " "):
                at += 1
                found += [Token(kind, fold, begins, at, False), Token("mark", "-", at, at, True)]
        else:
            at, fold = at + 1, text[at]
        if kind == "dress":
            # A bold number is as near to its word as a plain one.
            bare_from = at if bare_from == begins else bare_from
        elif kind != "space":
            found.append(Token(kind, fold, begins, at, bare_from == begins))
            bare_from = at
    return found


def digit_of(letter: str) -> int | None:
    """The digit a character is, in any script's decimal digits; None for ² and ½, which are none."""
    value = unicodedata.decimal(letter, None)
    return None if value is None else int(value)


def _kind_of(letter: str) -> Literal["number", "word", "mark", "line", "dress", "space"]:
    if letter in "\n\r\x0b\x0c\x85\u2028\u2029":
        return "line"
    if letter.isspace():
        return "space"
    if letter in DRESS or unicodedata.category(letter) in {"Cf", "Mn", "Me", "Cc"}:
        return "dress"
    if digit_of(letter) is not None:
        return "number"
    return "word" if letter.isalpha() else "mark"


def _in_word(letter: str) -> bool:
    return letter.isalpha() or unicodedata.category(letter) == "Mn"


def _is_digit(letter: str) -> bool:
    return digit_of(letter) is not None


def _while(text: str, at: int, holds: Callable[[str], bool]) -> int:
    while at < len(text) and holds(text[at]):
        at += 1
    return at


def _number(text: str, begins: int) -> tuple[int, str]:
    """Where a number ends, and how it is written, in ASCII."""
    at = _while(text, begins, _is_digit)
    while at + 1 < len(text) and text[at] in INSIDE_NUMBERS and _is_digit(text[at + 1]):
        at = _while(text, at + 1, _is_digit)
    written = (str(digit_of(each)) if _is_digit(each) else each for each in text[begins:at])
    return at, "".join(written)
