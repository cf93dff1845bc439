"""What a bulletin states: each number with the unit beside it, or why it is taken for none.

A number counts what stands directly behind it (`151 personel`), else what stands directly before it as a
label (`terlambat 3`, `Kelurahan: 11`). Where both could be meant it counts neither. What is told of a part
(one kelurahan, one force) or of each of several is no total. It is better to miss a claim, and to say so,
than to invent one.

The steps: `tokens` → `asides` (numbers that count nothing) → `clauses` (items with a meaning, in lines,
sentences and clauses) → `clause_reader` (numbers with their units) → `scopes` (what each is told of).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from services.reporting.bulletin import lexicon as words
from services.reporting.bulletin.asides import asides_of
from services.reporting.bulletin.clause_reader import ClauseReader
from services.reporting.bulletin.clauses import Clause, Item, Line, is_heading, items_of, lines_of
from services.reporting.bulletin.lexicon import Claim
from services.reporting.bulletin.scopes import NotTaken, SentenceReader, Span, Stated, Sum, name_at
from services.reporting.bulletin.tokens import tokens_of

ENUMERATED_MIN: Final = 2
"""So many names in a row are a list of what was counted, not a heading over what follows."""
_PRESENCE: Final[tuple[Claim, ...]] = ("officers", "present", "absent")


class Reading(NamedTuple):
    """Everything a text says in numbers: every one of them is either stated or not taken."""

    stated: list[Stated]
    not_taken: list[NotTaken]
    days: list[str]
    """The days it names, YYYY-MM-DD, each once, but for those of documents and periods."""
    sums: list[Sum]
    """Totals beside their parts, in their order."""


class _Read(NamedTuple):
    """A line and where it stands, after its figures were read."""

    line: Line
    start: int
    end: int


def read_bulletin(text: str, names: Sequence[tuple[str, ...]] = (), year: int | None = None) -> Reading:
    """What a text states. Never raises.

    `names` are places and task forces, each as its folded words; `year` is that of dates that name none.
    """
    tokens = tokens_of(text)
    reader = _TextReader(text)
    for line in lines_of(items_of(tokens, asides_of(tokens, names, year))):
        reader.add(line)
    return reader.reading()


class _TextReader:
    """Reads the lines of a text in their order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found = Reading([], [], [], [])
        self._lines: list[_Read] = []
        self._of: Span | None = None
        """The part that the heading above names."""
        self._headings = 0
        """So many headings stand in a row above."""
        self._day: str | None = None
        """The day that a line of its own names above."""

    def add(self, line: Line) -> None:
        """Reads one line."""
        items = line.items
        if not items:
            self._of, self._headings = None, 0
        elif is_heading(line):
            self._headings += 1
            at = next(at for at, item in enumerate(items) if item.marks_part)
            self._of = name_at(items, at) if self._headings <= ENUMERATED_MIN else None
        else:
            self._headings = 0
            self._of = None if items[0].kind == "link" else self._of
        if _is_date_heading(items):
            days = _days_of(items)
            self._day = days[0] if len(days) == 1 else None
        of = self._of
        for sentence in line.sentences:
            of = self._read(line, sentence, of)
        for item in items:
            if item.aside is not None and item.aside.reason != "name":
                self._found.not_taken.append(NotTaken(item.aside.reason, item.start, item.end))
        self._lines.append(_Read(line, items[0].start if items else 0, items[-1].end if items else 0))

    def _read(self, line: Line, sentence: Iterable[Clause], of: Span | None) -> Span | None:
        """Reads one sentence; answers with the part that the next one of the line is told of."""
        days = _days_of(item for clause in sentence for item in clause.items)
        self._found.days.extend(day for day in days if day not in self._found.days)
        reader = SentenceReader(day=self._day if not days else days[0] if len(days) == 1 else "")
        named: Span | None = None
        names = 0
        for clause in sentence:
            numbers = ClauseReader(clause.items)
            figures = numbers.read()
            of_clause = of or (named if names == 1 else None)
            if numbers.numbers_part:
                of_clause = of_clause or (clause.items[0].start, clause.items[figures[0].at].end)
                of = of_clause if names != 1 else of
            reader.add(clause, figures, of=of_clause)
            counts = any(item.kind == "quantity" for item in clause.items)
            named = None if counts else _named_last(clause.items)
            names = 0 if named is None else names + 1
        self._found.stated.extend(each._replace(listed=line.listed) for each in reader.finish())
        self._found.not_taken.extend(reader.not_taken)
        self._found.sums.extend(reader.sums())
        return of

    def reading(self) -> Reading:
        """Everything found, in the order of the text."""
        found = self._found
        _set_apart(found, lambda each: each.bare_label)
        listed = Counter(each.claim for each in found.stated if each.listed and each.scope == "total")
        for number, each in enumerate(found.stated):
            if each.listed and each.scope == "total" and listed[each.claim] > 1:
                found.stated[number] = each._replace(scope="part")
        found.stated.sort(key=lambda each: each.start)
        found.not_taken.sort(key=lambda each: each.start)
        found.sums.extend(self._sums_of_lists())
        found.sums.extend(self._sum_of_presence())
        found.sums.sort(key=lambda each: each.total.start)
        return found

    def _sum_of_presence(self) -> list[Sum]:
        """`151 personel, hadir 150, tidak hadir 1`: who is late may count as present, or beside them."""
        by_claim: dict[Claim, list[Stated]] = {}
        for each in self._found.stated:
            if each.scope == "total":
                by_claim.setdefault(each.claim, []).append(each)
        once = {
            claim: found[0] for claim, found in by_claim.items() if len({each.exact for each in found}) == 1
        }
        others = any(each.reason == "kind_unknown" for each in self._found.not_taken)
        said = [once[claim] for claim in _PRESENCE if claim in once and once[claim].exact is not None]
        if len(said) < len(_PRESENCE) or others or len(self._found.days) > 1:
            return []
        total, present, absent = said
        late = once.get("late")
        sums = [Sum("sum", total, [present, absent])]
        if late is not None and late.exact is not None:
            sums.append(Sum("sum", total, [present, late, absent]))
        return [min(sums, key=lambda each: abs(each.made - (total.exact or 0)))]

    def _sums_of_lists(self) -> Iterator[Sum]:
        """Lines of which each tells a part, under a total that announces them or above their sum."""
        run: list[list[Stated]] = []
        above: list[Stated] = []
        last: list[Stated] = []
        for line, start, end in (*self._lines, _Read(Line([], listed=False), 0, 0)):
            stated = [each for each in self._found.stated if start <= each.start < end]
            parts = [each for each in stated if each.scope == "part"]
            totals = [each for each in stated if each.scope == "total"]
            if parts and not totals:
                run.append(parts)
                continue
            yield from self._sums_of(above, run)
            if line.items and line.items[0].kind == "link":
                yield from self._sums_of(totals, run)
            run = []
            if line.items:
                announced = line.items[-1].kind == "colon" or line.items[-1].kind == "listing"
                above = (totals or last) if announced else []
                last = totals

    def _sums_of(self, totals: Iterable[Stated], run: Sequence[Sequence[Stated]]) -> Iterator[Sum]:
        levels = {self._level(each) for parts in run for each in parts} - {None}
        for total in totals:
            found = [[each for each in parts if each.claim == total.claim] for parts in run]
            whole = total.exact is not None and all(
                len(parts) == 1 and parts[0].exact is not None for parts in found
            )
            if whole and len(found) > 1 and len(levels) <= 1:
                yield Sum("sum", total, [parts[0] for parts in found])

    def _level(self, stated: Stated) -> str | None:
        """`kel` or `kec`, if a kelurahan or a kecamatan is named as one."""
        words_of = self._text[stated.of[0] : stated.of[1]].casefold() if stated.of else ""
        return words_of[:3] if words_of[:3] in {"kel", "kec"} else None


def _is_date_heading(items: Sequence[Item]) -> bool:
    """`Hari/tanggal : Kamis, 3 Oktober 2024`, and no more."""
    dated = [item for item in items if item.aside is not None and item.aside.reason == "date"]
    return bool(dated) and all(
        item.aside is not None or item.kind == "colon" or item.fold in words.DATE_HEADING for item in items
    )


def _days_of(items: Iterable[Item]) -> list[str]:
    """The days that are named in full, without those of documents (`Sprin … tanggal …`) and of periods."""
    found: list[str] = []
    of_document, last = False, ""
    for item in items:
        if item.aside is not None and item.aside.reason == "date":
            day = item.aside.day
            if day is not None and not of_document and last not in words.PERIODS and day not in found:
                found.append(day)
            of_document = False
        elif item.fold in words.DOCUMENTS or (item.aside is not None and item.aside.reason == "reference"):
            of_document = not (item.aside is not None and item.aside.marks_part)
        elif item.kind == "quantity":
            of_document = False
        last = item.fold
    return found


def _named_last(items: Sequence[Item]) -> Span | None:
    """The part that a clause ends with."""
    if not items[-1].marks_part:
        return None
    led = len(items) > 1 and items[-2].kind == "part"
    return name_at(items, len(items) - 2 if led else len(items) - 1)


def _set_apart(found: Reading, of_kind: Callable[[Stated], bool]) -> None:
    """Takes back what labels alone state of one claim differently: `Lokasi 1 … Lokasi 2` counts nothing."""
    values: dict[Claim, set[tuple[int, int | None]]] = {}
    for each in filter(of_kind, found.stated):
        values.setdefault(each.claim, set()).add((each.quantity.low, each.quantity.high))
    apart = [each for each in found.stated if of_kind(each) and len(values[each.claim]) > 1]
    found.stated[:] = [each for each in found.stated if each not in apart]
    found.not_taken.extend(NotTaken("ambiguous", each.start, each.end) for each in apart)
