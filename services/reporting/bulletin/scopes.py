"""What a number of a sentence is told of: the whole, a part of it, each of several. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import prod
from typing import Final, Literal, NamedTuple

from pamwal.contracts.claim_check import EachOf
from services.reporting.bulletin import lexicon as words
from services.reporting.bulletin.clause_reader import Figure, Reason
from services.reporting.bulletin.clauses import Clause, Item, ItemKind
from services.reporting.bulletin.lexicon import Claim
from services.reporting.bulletin.quantities import Quantity

Scope = Literal["total", "part", "each"]
Span = tuple[int, int]
"""Where in the text something stands: from, before."""
_TOTALS_ONLY: Final[frozenset[Claim]] = frozenset({"kecamatan", "satgas", "pairs"})
"""Of these a part has none of its own to tell."""
_EACH_OF: Final[Mapping[Claim | None, EachOf]] = {
    "venues": "venues", "rallies": "rallies", "kelurahan": "kelurahan", "kecamatan": "kecamatan",
    "satgas": "satgas",
}  # fmt: skip
"""Of each of these a number may be told."""
_DOUBTS: Final = frozenset({"denied", "ambiguous", "unreadable", "too_large", "time"})
_NOT_THE_WHOLE: Final[dict[str, Reason]] = {"target": "target", "share": "share", "change": "change"}


class Stated(NamedTuple):
    """A number that counts something; `start` and `end` enclose it and its unit in the text."""

    claim: Claim
    quantity: Quantity
    start: int
    end: int
    scope: Scope = "total"
    of: Span | None = None
    """What the text names as the part."""
    election: str | None = None
    """Of candidate pairs, `5 pasangan calon Wali Kota`."""
    per: EachOf | None = None
    """Of each of which it is told, where that is counted here."""
    average: bool = False
    day: str | None = None
    """The day that its own sentence names, or the heading above it."""
    bare_label: bool = False
    """Only the label before it says what it counts, and nothing binds the two."""
    listed: bool = False
    """It stands in a line of a list."""

    @property
    def exact(self) -> int | None:
        """The number, if it is one number and certain."""
        return self.quantity.low if self.quantity.precision == "exact" and not self.average else None


class NotTaken(NamedTuple):
    """A number that was found and is not checked."""

    reason: Reason
    start: int
    end: int


Relation = Literal["sum", "includes", "product"]


class Sum(NamedTuple):
    """A total and its parts as one text states them; of a product, how many places and what each has."""

    relation: Relation
    total: Stated
    parts: list[Stated]

    @property
    def made(self) -> int:
        """What the parts make together."""
        values = [each.exact or 0 for each in self.parts]
        return prod(values) if self.relation == "product" else sum(values)

    @property
    def adds_up(self) -> bool:
        """They make the total, or no more than it where only some are named."""
        total = self.total.exact or 0
        return self.made <= total if self.relation == "includes" else self.made == total


@dataclass(slots=True)
class _Breakdown:
    """Totals that a list of parts follows, `151 personel terdiri dari`, and the parts found since."""

    relation: Relation
    totals: dict[Claim, Stated]
    named_only: bool
    """Only a number that names a part is one."""
    names: list[int] = field(default_factory=list)
    """Where parts are named, with a number or without one."""
    parts: list[Stated] = field(default_factory=list)

    def parts_of(self, claim: Claim) -> list[Stated]:
        """Those that count the same."""
        return [each for each in self.parts if each.claim == claim]

    def is_complete(self) -> bool:
        """Every part that is named has its number: `120 Polri dan TNI` has not."""
        spans = [each.of for each in self.parts if each.of is not None]
        return all(any(first <= name < before for first, before in spans) for name in self.names)


class SentenceReader:
    """Reads the figures of one sentence, clause by clause, in their order."""

    def __init__(self, *, day: str | None) -> None:
        self._day = day
        self.stated: list[Stated] = []
        self.not_taken: list[NotTaken] = []
        self._breakdown: _Breakdown | None = None
        self._forces: dict[Span, Span] = {}
        """Totals whose words name a force, `120 personel Polri`: where it stands, and its name."""
        self._leading: Span | None = None
        """The part that the sentence begins with: `Kec. Maulafa 54 personel dan 5 lokasi`."""
        self._on_other_day = self._of_share = False

    def add(self, clause: Clause, figures: Sequence[Figure], *, of: Span | None) -> None:
        """Takes the figures of the next clause; `of` is the part that the words before it name."""
        items = clause.items
        if clause.bracketed:
            self._open("sum", named_only=True)
        seen = since = 0
        figures = _with_shares(items, figures)
        for number, figure in enumerate(figures):
            following = number + (2 if figure.share else 1)
            after = figures[following].at if following < len(figures) else len(items)
            self._notice(items[seen : figure.at])
            seen, since = figure.at, self._take(items, figure, since, after, of)
            if figure.before < len(items) and items[figure.before].kind == "colon":
                self._open("sum", named_only=True, claim=figure.claim)
        self._notice(items[seen:])

    def finish(self) -> list[Stated]:
        """What the sentence states, once it ends."""
        self._name_forces()
        return self.stated

    def sums(self) -> list[Sum]:
        """What the sentence itself adds up."""
        found: list[Sum] = []
        breakdown = self._breakdown
        if breakdown is not None:
            for claim, total in breakdown.totals.items():
                parts = breakdown.parts_of(claim)
                complete = len(parts) > 1 and breakdown.is_complete()
                if parts:
                    found.append(Sum(breakdown.relation if complete else "includes", total, parts))
        totals = {one.claim: one for one in self.stated if one.scope == "total"}
        found.extend(
            Sum("product", totals[each.claim], [totals[each.per], each])
            for each in self.stated
            if each.scope == "each" and each.per in totals and each.claim in totals
        )
        return [one for one in found if all(each.exact is not None for each in (one.total, *one.parts))]

    def _notice(self, items: Sequence[Item]) -> None:
        """What is said before the next number."""
        for item in items:
            match item.kind:
                case "listing":
                    self._open("sum")
                case "including":
                    self._open("includes")
                case "other_day":
                    self._on_other_day = True
                case "this_day":
                    self._on_other_day = False
                case _ if self._breakdown and (item.marks_part or item.fold in words.FORCES):
                    self._breakdown.names.append(item.start)
                case _:
                    pass

    def _open(self, relation: Relation, *, named_only: bool = False, claim: Claim | None = None) -> None:
        """A breakdown of every total so far, or of the last one of a claim, begins."""
        totals = {
            each.claim: each
            for each in self.stated
            if each.scope == "total" and each.claim not in _TOTALS_ONLY and claim in (None, each.claim)
        }
        if totals and self._breakdown is None:
            self._breakdown = _Breakdown(relation, totals, named_only)

    def _take(self, items: Sequence[Item], figure: Figure, since: int, after: int, of: Span | None) -> int:
        """Where the next number's words begin."""
        reason = self._not_the_whole(items[since : figure.at], items[figure.before : after], figure)
        named_at = None if figure.shared else _part_named(items, figure, since, after)
        named = None if named_at is None else name_at(items, named_at)
        if not self.stated and named_at is not None and _leads(items, named_at, figure):
            self._leading = named
        used = figure.before
        if named_at is not None and named is not None and named_at > figure.at and not figure.share:
            used = named_at + (2 if named[1] > items[named_at].end else 1)
        claim = figure.claim or _counted_in(items, figure, named_at)
        some = figure.before < len(items) and items[figure.before].kind == "including"
        if claim is None and some and figure.reason == "no_unit" and self.stated:
            claim = self.stated[-1].claim  # `151 personel, 54 di antaranya di Kec. Maulafa`
            self._open("includes")
        if figure.reason in _DOUBTS or reason is not None:
            self._refuse(figure.reason if figure.reason in _DOUBTS else reason, items[figure.at])
            return used
        each = _each_of(items, figure, since, after)
        stated_before = any(one.claim == claim and one.scope == "total" for one in self.stated)
        respectively = stated_before and (named is not None or _force_beside(items, figure) is not None)
        if each is not None and claim is not None and not respectively:
            self._say_each(items, figure, claim, each, since, after)
            return max(figure.before, each + 2)
        if each is not None:
            self._open("sum")
        again = any(one.claim == claim for one in self.stated)
        summed = any(item.kind == "link" for item in items[since : figure.at])
        self._say(items, figure, claim, named, of or (None if again or summed else self._leading))
        return used

    def _not_the_whole(self, before: Sequence[Item], behind: Sequence[Item], figure: Figure) -> Reason | None:
        """It is a target, a share, a change, or of another day."""
        for item in before:
            if item.kind in _NOT_THE_WHOLE:
                self._of_share = self._of_share or item.kind == "share"
                return _NOT_THE_WHOLE[item.kind]
        follows = [item for item in behind[:2] if item.kind != "joiner"]
        if follows and follows[0].kind == "target":
            return "target"
        if self._of_share and self._breakdown is None and any(each.kind == "listing" for each in before):
            return "share"
        if any(item.kind == "other_day" for item in behind) or _lasts(behind):
            return "other_day"
        return "other_day" if self._on_other_day and figure.claim is not None and not self._day else None

    def _say_each(
        self, items: Sequence[Item], figure: Figure, claim: Claim, each: int, since: int, after: int
    ) -> None:
        if each > figure.at and not _adjacent(items, figure, each):
            self._refuse("ambiguous", items[figure.at])
            return
        average = any(item.kind == "average" for item in items[since : figure.at])
        beside = _index(items, "each", figure.before, after) if items[each].kind == "average" else None
        at = (each if beside is None else beside) + 1
        at += at < len(items) and items[at].aside is not None  # `tiap 1 lokasi`
        noun = items[at] if at < len(items) else None
        unit = noun is not None and noun.kind in {"noun", "word", "part"}
        per = _EACH_OF.get(noun.claim) if noun is not None else None
        if not unit:
            counted = [_EACH_OF[one.claim] for one in self.stated if _is_total_of_places(one)]
            per = counted[-1] if counted else None
        stated = Stated(
            claim,
            figure.quantity,
            items[figure.first].start,
            items[figure.before - 1].end,
            "each",
            of=(noun.start, noun.end) if unit and noun is not None else None,
            per=per,
            average=average,
            day=self._day,
        )
        self.stated.append(stated)

    def _say(
        self, items: Sequence[Item], figure: Figure, claim: Claim | None, named: Span | None, of: Span | None
    ) -> None:
        breakdown = self._breakdown
        listed = (
            breakdown is not None
            and claim in breakdown.totals
            and (named is not None or not breakdown.named_only)
        )
        if claim is None or (figure.reason == "kind_unknown" and not listed):
            self._refuse(figure.reason or "no_unit", items[figure.at])
            return
        start, end = items[figure.first].start, items[figure.before - 1].end
        stated = Stated(claim, figure.quantity, start, end, day=self._day, bare_label=figure.bare_label)
        if claim == "pairs" and figure.before < len(items):
            stated = stated._replace(election=words.ELECTIONS.get(items[figure.before].fold))
        force = _force_beside(items, figure)
        in_part = figure.share or (
            claim not in _TOTALS_ONLY and (listed or named is not None or of is not None)
        )
        if in_part:
            stated = stated._replace(scope="part", of=named or (force if listed else None) or of)
            if listed and breakdown is not None:
                breakdown.parts.append(stated)
        elif force is not None:
            self._forces[start, end] = force
        self.stated.append(stated)

    def _name_forces(self) -> None:
        """`120 personel Polri dan 31 personel TNI`: beside another force, Polri is a part too."""
        parts = {each.claim for each in self.stated if each.scope == "part" and each.of is not None}
        broken = list(self._breakdown.totals.values()) if self._breakdown and self._breakdown.parts else []
        for number, each in enumerate(self.stated):
            force = self._forces.get((each.start, each.end))
            if force is not None and each.claim in parts and each not in broken:
                self.stated[number] = each._replace(scope="part", of=force)

    def _refuse(self, reason: Reason | None, item: Item) -> None:
        self.not_taken.append(NotTaken(reason or "no_unit", item.start, item.end))


def _with_shares(items: Sequence[Item], figures: Sequence[Figure]) -> list[Figure]:
    """`3 dari 14 lokasi berada di Kec. Oebobo`: the first number counts a part of the second.

    Of kelurahan and kecamatan the second may be all that there are, so neither is certain.
    """
    found = list(figures)
    for number, (part, whole) in enumerate(pairwise(figures)):
        joined = part.at + 2 == whole.at and items[part.at + 1].fold == "dari"
        if not joined or part.reason != "no_unit" or whole.claim is None or whole.reason is not None:
            continue
        if whole.claim in {"kelurahan", "kecamatan"}:
            found[number : number + 2] = [
                part._replace(reason="ambiguous"), whole._replace(claim=None, reason="ambiguous"),
            ]  # fmt: skip
        else:
            found[number] = part._replace(claim=whole.claim, reason=None, share=True)
            found[number + 1] = whole._replace(shared=True)
    return found


def _lasts(behind: Sequence[Item]) -> bool:
    """`selama 60 hari`: it is the sum of many days."""
    for item, after in pairwise(behind[:4]):
        if item.fold == "selama" and after.aside is not None and after.aside.reason == "measure":
            return True
    return False


def _is_total_of_places(stated: Stated) -> bool:
    return stated.scope == "total" and stated.claim in _EACH_OF


def name_at(items: Sequence[Item], at: int) -> Span:
    """The part that an item names, with the name behind it: `Kel. Oebobo`, `Polsek Maulafa`, `TNI`."""
    item, after = items[at], items[at + 1] if at + 1 < len(items) else None
    if after is None or item.aside is not None:
        return item.start, item.end
    named = after.aside is not None and after.aside.reason == "name"
    known = after.kind == "word" and item.fold in words.NAMED_UNITS | words.NAMED_PLACES
    return item.start, after.end if named or known else item.end


def _part_named(items: Sequence[Item], figure: Figure, since: int, after: int) -> int | None:
    """Where a part is named: directly before the number, else behind it, else anywhere before it."""
    at = figure.first - 1
    while at > since and items[at].kind in {"colon", "link"}:
        at -= 1
    if at >= since and items[at].marks_part:
        return at - 1 if at > since and items[at - 1].kind == "part" else at
    for at in range(figure.before, after):
        if items[at].kind == "listing" or (items[at].kind == "including" and figure.claim is not None):
            break
        if items[at].marks_part and (at == figure.before or not _labels_next(items, at, after)):
            return at
    for at in range(figure.first - 1, since - 1, -1):
        if items[at].marks_part:
            return at - 1 if at > since and items[at - 1].kind == "part" else at
    return _force_labelling(items, figure, since)


def _labels_next(items: Sequence[Item], at: int, after: int) -> bool:
    """The name stands directly before the next number: `6 satgas: Satgas Preemtif 25 personel`."""
    end = name_at(items, at)[1]
    between = [item for item in items[at + 1 : after] if item.start >= end]
    return after < len(items) and all(item.kind in {"colon", "link"} for item in between)


def _leads(items: Sequence[Item], named_at: int, figure: Figure) -> bool:
    """The name stands at the beginning and is followed by the number."""
    listed = items[0].aside is not None and items[0].aside.reason == "list_mark"
    return named_at == (1 if listed else 0) and named_at < figure.first


def _force_labelling(items: Sequence[Item], figure: Figure, since: int) -> int | None:
    """`Polri : 120 personel`, `Polri 120 orang`, `120 Polri`: the force is all that says whom it counts."""
    if figure.claim is None and figure.at + 1 < len(items) and items[figure.at + 1].fold in words.FORCES:
        return figure.at + 1
    at = figure.first - 1
    while at >= since and items[at].kind in {"colon", "link"}:
        at -= 1
    alone = at == since or (at > since and items[at - 1].kind in {"function", "aside", "listing", "colon"})
    return at if at >= since and alone and items[at].fold in words.FORCES else None


def _force_beside(items: Sequence[Item], figure: Figure) -> Span | None:
    """`120 personel Polri`, `Personel Polri 120 orang`."""
    for at in (figure.before, figure.at - 1):
        if 0 <= at < len(items) and items[at].fold in words.FORCES:
            return name_at(items, at)
    return None


def _counted_in(items: Sequence[Item], figure: Figure, named_at: int | None) -> Claim | None:
    """`120 Polri`, `TNI 21 orang`, `12 Polwan`: of a force, persons are its officers."""
    if named_at is None or figure.reason not in {"no_unit", "unit_unknown"}:
        return None
    item = items[named_at]
    if named_at == figure.at + 1 and item.fold in words.COUNTED_UNITS:
        return None  # `151 personel dari 6 polsek`
    is_force = item.kind == "part" or item.fold in words.FORCES
    return "officers" if is_force and item.fold not in words.NAMED_PLACES else None


def _each_of(items: Sequence[Item], figure: Figure, since: int, after: int) -> int | None:
    """Where `setiap`, `per`, `masing-masing` stands that is told of this number."""
    for at in range(figure.at - 1, since - 1, -1):
        if items[at].kind in {"each", "average"}:
            return at
    at_behind = _index(items, "each", figure.before, after)
    if at_behind is None or at_behind + 1 == after:
        return None
    return at_behind if after == len(items) or _adjacent(items, figure, at_behind) else None


def _index(items: Sequence[Item], kind: ItemKind, first: int, before: int) -> int | None:
    return next((at for at in range(first, before) if items[at].kind == kind), None)


def _adjacent(items: Sequence[Item], figure: Figure, at: int) -> bool:
    return all(item.kind in {"function", "state"} for item in items[figure.before : at])
