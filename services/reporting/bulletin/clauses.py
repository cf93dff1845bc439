"""A bulletin's tokens as items with a meaning, in lines and clauses: in one, a number and its unit meet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeGuard

from msgspec.structs import replace

from services.reporting.bulletin import lexicon as words
from services.reporting.bulletin.asides import Aside
from services.reporting.bulletin.lexicon import Claim
from services.reporting.bulletin.quantities import Quantity, quantity_at
from services.reporting.bulletin.tokens import Token

ItemKind = Literal[
    "quantity", "noun", "state", "other_state", "attended", "persons", "link", "colon", "joiner", "function",
    "listing", "including", "each", "average", "target", "share", "change", "other_day", "this_day", "part",
    "aside", "quality", "word", "break", "line",
]  # fmt: skip
COLONS: Final = frozenset({":", "="})
SENTENCE_ENDS: Final = frozenset(".;!?")
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


class Clause(NamedTuple):
    """Items between two marks; `bracketed`: it stands directly behind an opening bracket."""

    items: list[Item]
    bracketed: bool = False


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
    return _with_parts(_with_brackets(_with_joint_forces(_with_names(items))))


class Line(NamedTuple):
    """A line's sentences, each of clauses; `listed`: it begins with a number of a list or with a bullet."""

    sentences: list[list[Clause]]
    listed: bool

    @property
    def items(self) -> list[Item]:
        """Those of all its clauses."""
        return [item for sentence in self.sentences for clause in sentence for item in clause.items]


def lines_of(items: Iterable[Item]) -> list[Line]:
    """The items by line, sentence and clause; a clause ends at a comma, a bracket and the like."""
    lines: list[list[Item]] = [[]]
    for item in items:
        if item.kind == "line":
            lines.append([])
        else:
            lines[-1].append(item)
    return [Line(_sentences(line), _is_listed(line)) for line in lines]


def _sentences(line: Iterable[Item]) -> list[list[Clause]]:
    sentences: list[list[Clause]] = [[Clause([])]]
    for item in line:
        if item.kind != "break":
            sentences[-1][-1].items.append(item)
        elif item.fold in SENTENCE_ENDS:
            sentences.append([Clause([])])
        else:
            sentences[-1].append(Clause([], bracketed=item.fold == "("))
    whole = [[clause for clause in sentence if clause.items] for sentence in sentences]
    return [sentence for sentence in whole if sentence]


def _is_listed(line: Sequence[Item]) -> bool:
    """A line of a list, but for one that gives its sum: `3. Jumlah 151 personel`."""
    if len(line) < 2 or line[1].kind == "link":
        return False
    numbered = line[0].aside is not None and line[0].aside.reason == "list_mark"
    return numbered or (line[0].kind == "break" and line[0].fold not in "()[]\"'")


def is_heading(line: Line) -> bool:
    """A short line that begins with a part, `1. Wilayah Kec. Oebobo:`: what follows is told of that part."""
    items = line.items
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
    for kind, phrases in _PHRASES if _is_phrase(plain, at) else ():
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


_PHRASES: Final[tuple[tuple[ItemKind, Mapping[tuple[str, ...], Claim | None]], ...]] = (
    ("other_state", dict.fromkeys(words.OTHER_STATES, "present")),
    ("state", words.STATES),
    ("noun", words.NOUNS),
    ("function", dict.fromkeys(words.DAILY)),
    ("this_day", dict.fromkeys(words.THIS_DAY)),
    ("other_day", dict.fromkeys(words.OTHER_DAYS)),
    ("each", dict.fromkeys(words.EACH)),
    ("average", dict.fromkeys(words.AVERAGE)),
    ("including", dict.fromkeys(words.INCLUDING)),
    ("listing", dict.fromkeys(words.LISTING)),
    ("target", dict.fromkeys(words.TARGETS)),
    ("share", dict.fromkeys(words.SHARES)),
    ("change", dict.fromkeys(words.CHANGES)),
)
PHRASE_WORDS_MAX: Final = 3


def _is_phrase(plain: Sequence[Token], at: int) -> bool:
    """It may begin a phrase: a word or `@`, but not the `antara` of `antara 140 dan 160`."""
    token = plain[at]
    between = token.fold == "antara" and quantity_at(plain, at) is not None
    return (token.kind == "word" or token.fold in {"@", "×"}) and not between


def _longest(plain: Sequence[Token], at: int, phrases: Mapping[tuple[str, ...], Claim | None]) -> int:
    folds = tuple(each.fold for each in plain[at : at + PHRASE_WORDS_MAX])
    return next((size for size in range(len(folds), 0, -1) if folds[:size] in phrases), 0)


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
    does = fold.startswith(words.VERB_PREFIXES) or fold.endswith(words.VERB_SUFFIX)
    does = does and len(fold) > 5
    return "quality" if does or fold in words.PLAIN_QUALITIES else "word"


_WORDS: Final[tuple[tuple[ItemKind, Iterable[str]], ...]] = (
    ("attended", words.ATTENDED_BY),
    ("persons", words.PERSONS | words.PIECES),
    ("link", words.LINKS),
    ("joiner", words.JOINERS),
    ("function", words.FUNCTION_WORDS),
    ("part", words.PART_WORDS),
)


def _with_names(items: list[Item]) -> list[Item]:
    """`Polresta Kupang Kota`, `Polsek jajaran`: a force and the words that belong to it are one item."""
    found: list[Item] = []
    for item in items:
        last = found[-1] if found else None
        names = last is not None and last.fold in words.OF_A_CITY and item.kind == "word"
        if last is not None and (names or (last.kind == "part" and item.fold in words.ALL_OF_THEM)):
            found[-1] = last._replace(kind="quality", end=item.end)
        else:
            found.append(item)
    return found


def _with_joint_forces(items: list[Item]) -> list[Item]:
    """`gabungan TNI-Polri`, `gabungan Polri, TNI, dan Linmas`: of all of them together, so of no part."""
    found: list[Item] = []
    at = 0
    while at < len(items):
        joint = _joins(items, at)
        before = _forces_end(items, at) if joint else at
        if before > at + 1:
            found.append(items[at]._replace(kind="quality", fold="gabungan", end=items[before - 1].end))
        else:
            found.append(items[at])
        at = max(before, at + 1)
    return found


def _joins(items: Sequence[Item], at: int) -> bool:
    """`gabungan …`, `TNI-Polri`, `TNI dan Polri`, `TNI Polri`."""
    item, after = items[at], items[at + 1].fold if at + 1 < len(items) else ""
    if item.fold in words.JOINT or after in {"-", "/"}:
        return True
    army = item.fold in words.FORCES | {"tni"}
    return army and after in words.FORCES | {"tni", "dan", "serta"}


def _forces_end(items: Sequence[Item], at: int) -> int:
    """Where a row of forces ends that begins here or behind `gabungan`; `at` if there is none."""
    at_next = at + 1 if items[at].fold in words.JOINT else at
    before = at
    while at_next < len(items) and (items[at_next].kind == "part" or items[at_next].fold in words.FORCES):
        before = at_next + 1
        at_next = before
        while at_next < len(items) and items[at_next].fold in {",", "-", "/", "dan", "serta", "pp"}:
            at_next += 1
    return before


def _with_brackets(items: list[Item]) -> list[Item]:
    """`151 (seratus lima puluh satu)`, `151 orang (…)`: one number said twice, in figures and in words.

    The brackets become part of what stands before them; `in_words` of the number is set where the two differ.
    """
    found: list[Item] = []
    at = 0
    while at < len(items):
        before, number = at + 1, len(found) - 1
        said = _said_twice(items, at, found) if items[at].fold == "(" else None
        if said is None:
            found.append(items[at])
        else:
            before, number, quantity = said
            found[-1] = found[-1]._replace(end=items[before - 1].end)
            found[number] = found[number]._replace(quantity=quantity, end=items[before - 1].end)
        at = before
    return found


def _said_twice(items: Sequence[Item], at: int, done: Sequence[Item]) -> tuple[int, int, Quantity] | None:
    """Where the brackets that open here end, which item before them says the number, and how it is read."""
    before = at + 2
    while before < len(items) and items[before].kind in _UNITS and before < at + UNIT_WORDS_MAX:
        before += 1
    number = len(done) - 1
    while number > 0 and done[number].kind in _UNITS and number > len(done) - UNIT_WORDS_MAX:
        number -= 1
    if number < 0 or before >= len(items) or items[before].fold != ")":
        return None
    outside, inside = done[number].quantity, items[at + 1].quantity
    if not (_is_certain(outside) and _is_certain(inside)):
        return None
    claims = {item.claim for item in (*done[number + 1 :], *items[at + 2 : before])} - {None}
    in_figures = [item.fold[:1].isdigit() for item in (done[number], items[at + 1])]
    if len(claims) > 1 or all(in_figures) or not (any(in_figures) or before == at + 2):
        return None
    differs = inside.low if inside.low != outside.low else None
    return before + 1, number, replace(outside, in_words=differs)


_UNITS: Final[frozenset[ItemKind]] = frozenset({"persons", "noun"})
UNIT_WORDS_MAX: Final = 4


def _is_certain(quantity: Quantity | None) -> TypeGuard[Quantity]:
    return quantity is not None and quantity.precision == "exact" and quantity.doubt is None


def _with_parts(items: list[Item]) -> list[Item]:
    """`Kelurahan Anu`, `Satgas Anu`: with a name behind it, such a noun names a part."""
    found = list(items)
    for number, item in enumerate(items[:-1]):
        after = items[number + 1]
        named = after.kind == "word" or (after.aside is not None and after.aside.reason == "name")
        led = number > 0 and items[number - 1].kind == "quantity"
        if item.kind == "noun" and item.claim in words.PART_NOUNS and named and not led:
            found[number] = item._replace(kind="part", claim=None)
        if item.fold == "per" and after.aside is not None and after.aside.reason == "date":
            found[number] = item._replace(kind="function")
        counted = number > 1 and items[number - 1].kind in {"noun", "persons"}
        if counted and item.fold == "/" and after.kind == "noun" and items[number - 2].kind == "quantity":
            found[number] = item._replace(kind="each")
    return found
