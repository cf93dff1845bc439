"""A bulletin's tokens as items with a meaning, in lines and clauses: in one, a number and its unit meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

from services.reporting.bulletin import lexicon as words
from services.reporting.bulletin.asides import Aside
from services.reporting.bulletin.lexicon import Claim
from services.reporting.bulletin.quantities import Quantity, quantity_at
from services.reporting.bulletin.tokens import Token

ItemKind = Literal[
    "quantity", "noun", "state", "other_state", "attended", "persons", "link", "colon", "joiner", "function",
    "listing", "part", "aside", "quality", "word", "break", "line",
]  # fmt: skip
COLONS: Final = frozenset({":", "="})
HEADING_WORDS_MAX: Final = 6


class Item(NamedTuple):
    """What some tokens mean together; `start` and `end` are their place in the text."""

    kind: ItemKind
    start: int
    end: int
    fold: str
    claim: Claim | None = None
    quantity: Quantity | None = None
    aside: Aside | None = None

    @property
    def marks_part(self) -> bool:
        """It names one of several: a kelurahan, a unit, a pair."""
        return self.kind == "part" or (self.aside is not None and self.aside.marks_part)


Clause = list[Item]


def items_of(tokens: Sequence[Token], asides: Iterable[Aside]) -> list[Item]:
    """Every item in order. An aside is one item, whatever stands in it."""
    plain, aside_at = _collapsed(tokens, asides)
    items: list[Item] = []
    at = 0
    while at < len(plain):
        item, before = _item(plain, at, aside_at)
        if item is not None:
            items.append(item)
        at = before
    return _with_parts(items)


class Line(NamedTuple):
    """A line's clauses; `listed`: it begins with a number of a list or with a bullet."""

    clauses: list[Clause]
    listed: bool


def lines_of(items: Iterable[Item]) -> list[Line]:
    """The items by line and clause; a clause ends at a comma, a full stop, a bracket and the like."""
    lines: list[list[Item]] = [[]]
    for item in items:
        if item.kind == "line":
            lines.append([])
        else:
            lines[-1].append(item)
    return [Line(_clauses(line), _is_listed(line)) for line in lines]


def _clauses(line: Iterable[Item]) -> list[Clause]:
    clauses: list[Clause] = [[]]
    for item in line:
        if item.kind == "break":
            clauses.append([])
        else:
            clauses[-1].append(item)
    return [clause for clause in clauses if clause]


def _is_listed(line: Sequence[Item]) -> bool:
    """A line of a list, but for one that gives its sum: `3. Jumlah 151 personel`."""
    if len(line) < 2 or line[1].kind == "link":
        return False
    numbered = line[0].aside is not None and line[0].aside.reason == "list_mark"
    return numbered or (line[0].kind == "break" and line[0].fold not in "()[]\"'")


def is_heading(line: Line) -> bool:
    """A short line that begins with a part, `1. Wilayah Kec. Oebobo:`: what follows is told of that part."""
    items = [item for clause in line.clauses for item in clause]
    if items and items[0].aside is not None and items[0].aside.reason == "list_mark":
        del items[0]
    short = len(items) <= HEADING_WORDS_MAX and not any(item.kind == "quantity" for item in items)
    return short and any(item.marks_part for item in items[:2])


def _collapsed(tokens: Sequence[Token], asides: Iterable[Aside]) -> tuple[list[Token], dict[int, Aside]]:
    plain: list[Token] = []
    aside_at: dict[int, Aside] = {}
    at = 0
    for aside in asides:
        plain += tokens[at : aside.first]
        aside_at[len(plain)] = aside
        first, last = tokens[aside.first], tokens[aside.before - 1]
        plain.append(Token("mark", "\0", first.start, last.end, False))
        at = aside.before
    return [*plain, *tokens[at:]], aside_at


def _item(plain: Sequence[Token], at: int, aside_at: dict[int, Aside]) -> tuple[Item | None, int]:
    token = plain[at]
    aside = aside_at.get(at)
    if aside is not None:
        return Item("aside", token.start, token.end, token.fold, aside=aside), at + 1
    if token.kind == "line":
        return Item("line", token.start, token.end, ""), at + 1
    for kind, phrases in _PHRASES if token.kind == "word" else ():
        length = _longest(plain, at, phrases)
        if length:
            fold = tuple(each.fold for each in plain[at : at + length])
            return Item(
                kind, token.start, plain[at + length - 1].end, fold[0], phrases.get(fold)
            ), at + length
    quantity = quantity_at(plain, at)
    if quantity is not None:
        end = plain[quantity.before - 1].end
        return Item("quantity", token.start, end, token.fold, quantity=quantity), quantity.before
    if token.kind == "mark":
        return _mark(plain, at), at + 1
    return Item(_word_kind(token.fold), token.start, token.end, token.fold), at + 1


_PHRASES: Final[tuple[tuple[ItemKind, dict[tuple[str, ...], Claim]], ...]] = (
    ("other_state", dict.fromkeys(words.OTHER_STATES, "present")),
    ("state", words.STATES),
    ("noun", words.NOUNS),
)


def _longest(plain: Sequence[Token], at: int, phrases: dict[tuple[str, ...], Claim]) -> int:
    folds = tuple(each.fold for each in plain[at : at + 2])
    return next((size for size in (len(folds), 1) if folds[:size] in phrases), 0)


def _mark(plain: Sequence[Token], at: int) -> Item | None:
    token = plain[at]
    if token.fold in COLONS:
        return Item("colon", token.start, token.end, token.fold)
    if token.fold == "." and at and plain[at - 1].fold in words.ABBREVIATIONS:
        return None
    return Item("break", token.start, token.end, token.fold)


def _word_kind(fold: str) -> ItemKind:
    for kind, known in _WORDS:
        if fold in known:
            return kind
    does = fold.startswith(words.VERB_PREFIXES) and len(fold) > 5
    return "quality" if does or fold in words.PLAIN_QUALITIES else "word"


_WORDS: Final[tuple[tuple[ItemKind, Iterable[str]], ...]] = (
    ("attended", words.ATTENDED_BY),
    ("persons", words.PERSONS | words.PIECES),
    ("link", words.LINKS),
    ("joiner", words.JOINERS),
    ("listing", words.LISTING),
    ("function", words.FUNCTION_WORDS),
    ("part", words.PART_WORDS),
)


def _with_parts(items: list[Item]) -> list[Item]:
    """`Kelurahan Anu`, `Satgas Anu`: with a name behind it, such a noun names a part."""
    found = list(items)
    for number, item in enumerate(items[:-1]):
        after = items[number + 1]
        named = after.kind == "word" or (after.aside is not None and after.aside.reason == "name")
        led = number > 0 and items[number - 1].kind == "quantity"
        if item.kind == "part" and after.fold in words.ALL_OF_THEM:
            found[number] = item._replace(kind="quality")
        if item.kind == "noun" and item.claim in words.PART_NOUNS and named and not led:
            found[number] = item._replace(kind="part", claim=None)
    return found
