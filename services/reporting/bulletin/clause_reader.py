"""Reads one clause: each number with the unit behind it, else with the label before it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from services.reporting.bulletin import lexicon as words
from services.reporting.bulletin.asides import AsideReason
from services.reporting.bulletin.clauses import Item
from services.reporting.bulletin.lexicon import Claim
from services.reporting.bulletin.quantities import Doubt, Quantity

Reason = Literal[
    AsideReason,
    Doubt,
    "no_unit",
    "unit_unknown",
    "kind_unknown",
    "part",
    "target",
    "share",
    "change",
    "other_day",
]
_NUMBERED: Final[frozenset[Claim]] = frozenset({"venues", "rallies", "kelurahan", "kecamatan", "satgas"})
"""What a list may number: `Lokasi 1 di …` says which one."""
_OF_PERSONS: Final = frozenset({"officers", None})
_ABOUT_PERSONS: Final[frozenset[Claim]] = frozenset({"officers", "present", "late", "absent", "attendees"})
_LEADS: Final = frozenset(
    {"function", "link", "joiner", "quality", "target", "average", "listing", "other_day", "this_day"}
)
"""Items that may stand before a label."""
_NO_UNITS: Final = frozenset(
    {
        "function", "joiner", "link", "listing", "including", "each", "average", "target", "change", "share",
        "other_day", "this_day", "quantity", "quality", "colon", "aside",
    }
)  # fmt: skip
"""Items that count nothing themselves."""


class Figure(NamedTuple):
    """A number of a clause, at item `at`, with what it counts: the items `first` to `before` name both."""

    quantity: Quantity
    at: int
    first: int
    before: int
    claim: Claim | None = None
    reason: Reason | None = None
    """Why it counts nothing."""
    bare_label: bool = False
    """Only the label before it says what it counts, and nothing binds the two."""
    share: bool = False
    """`3 dari 14 lokasi`: it counts some of what the next number counts."""
    shared: bool = False
    """The number before it counts some of these."""


class _Unit(NamedTuple):
    """What stands on one side of a number: the items `first` to `before` of the clause."""

    claim: Claim | None
    first: int
    before: int
    marked: bool = False
    """A colon or a word such as `sebanyak` binds it to the number."""


class ClauseReader:
    """Reads one clause from left to right; no noun counts for two numbers."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self.numbers_part = False
        """`Lokasi 1: …`: what follows is told of that one."""
        self._found: list[Figure] = []
        self._used = 0
        """Items before this one belong to a number already."""
        self._contested = False
        """What stands at `_used` might be the label of the next number, or the unit of the last one."""
        self._next_label = -1
        """Where the label of the next number begins, left to it by the last one."""

    def read(self) -> list[Figure]:
        """Every quantity of the clause, in their order."""
        for at, item in enumerate(self._items):
            if item.quantity is not None:
                self._take(at, item, item.quantity)
        return self._found

    def _take(self, at: int, item: Item, quantity: Quantity) -> None:
        if quantity.doubt:
            self._found.append(Figure(quantity, at, at, at + 1, reason=quantity.doubt))
            return
        contested, self._contested = self._contested, False
        behind, label = self._behind(at), self._label(at, contested=contested)
        if label is not None and label.claim not in _ABOUT_PERSONS and self._persons_only(behind):
            label = None  # `lokasi dijaga oleh 151 personel`
        unit = self._decide(at, behind, label, contested=contested)
        if isinstance(unit, _Unit) and unit.claim is not None:
            first, before = min(unit.first, at), max(unit.before, at + 1)
            bare = before == at + 1 and not unit.marked
            self._found.append(Figure(quantity, at, first, before, unit.claim, bare_label=bare))
            if not self._contested:
                self._used = before
        elif not quantity.zero_word or item.fold == "nihil":
            # `tanpa` and `tidak ada` are numbers only beside what is counted.
            reason = "no_unit" if isinstance(unit, _Unit) else unit
            claim = behind.claim if reason == "kind_unknown" else None
            self._found.append(Figure(quantity, at, at, behind.before, claim, reason))

    def _decide(self, at: int, behind: _Unit, label: _Unit | None, *, contested: bool) -> _Unit | Reason:
        """The unit, or why there is none."""
        labels_next = self._labels_next(behind)
        if contested and label is not None:
            self._contest(behind, labels_next)
            return "ambiguous"
        if behind.claim is not None and labels_next:
            if self._items[behind.before].kind == "colon":
                own = at == 0 or self._items[at - 1].kind in {"each", "function"}
                return (label if label.marked else "ambiguous") if label else behind if own else "no_unit"
            if label is not None and not (label.marked or behind.claim == label.claim):
                self._contest(behind, labels_next)
                return "ambiguous"
        if label is not None and label.claim is not None and self._persons_only(behind):
            return label._replace(before=max(label.before, behind.before))
        if behind.claim is not None:
            return self._unless_a_kind(behind)
        if label is not None and self._ends_here(behind):
            return "ambiguous" if self._may_number(label, behind) else label
        shared = self._shared_state(at)
        return self._no_unit(at, behind) if shared is None else _Unit(shared, at, at + 1)

    def _no_unit(self, at: int, behind: _Unit) -> Reason:
        if self._labelled_a_kind(at):
            return "kind_unknown"
        return "no_unit" if self._ends_here(behind) else "unit_unknown"

    def _contest(self, behind: _Unit, labels_next: bool) -> None:
        """What stands behind may be the next number's label: it is neither's."""
        self._contested = labels_next
        self._used = behind.first

    def _behind(self, at: int) -> _Unit:
        """What stands directly behind: persons, nouns, what is said of persons."""
        items, to = self._items, at + 1
        claim: Claim | None = None
        while to < len(items) and items[to].kind in {"persons", "noun", "state", "joiner"}:
            item = items[to]
            if item.kind == "joiner":
                if to + 1 >= len(items) or items[to + 1].kind != "state":
                    break
            elif item.kind == "noun":
                claim = claim or item.claim
            elif item.kind == "state":
                if claim not in _OF_PERSONS or self._belongs_to_next(at, to):
                    break
                claim = item.claim
            to += 1
        return _Unit(claim, at + 1, to)

    def _belongs_to_next(self, at: int, to: int) -> bool:
        """`dari 151 personel hadir 150`, `150 dari 151 personel hadir`: the state is told of the 150."""
        items = self._items
        if at == 0 or items[at - 1].fold != "dari":
            return False
        if self._number_follows(to + 1):
            self._next_label = to
            return True
        return at > 1 and items[at - 2].kind == "quantity"

    def _shared_state(self, at: int) -> Claim | None:
        """`150 dari 151 personel hadir`: what is said of the first number, behind the second."""
        items, other = self._items, at + 2
        if [each.fold for each in items[at + 1 : other]] != ["dari"]:
            return None
        wanted = other < len(items) and items[other].kind == "target"
        other += wanted
        if other >= len(items) or items[other].kind != "quantity":
            return None
        behind = self._behind(other)
        if behind.before < len(items) and items[behind.before].kind == "state":
            return items[behind.before].claim
        return behind.claim if wanted else None

    def _label(self, at: int, *, contested: bool) -> _Unit | None:
        """What stands directly before, as a label: at the beginning of the clause or bound to the number."""
        items, first = self._items, at
        while first > self._used and items[first - 1].kind in {"link", "colon", "each", "average"}:
            first -= 1
        marked = first < at
        ends = first
        # `personel yang dikerahkan 151 orang`: only of persons may something be said between the two.
        counts = items[at + 1 : at + 2]
        persons = any(item.kind == "persons" or item.claim == "officers" for item in counts)
        while (marked or persons) and first > self._used and items[first - 1].kind == "quality":
            first -= 1
        if first > self._used and items[first - 1].kind == "attended":
            return _Unit("attendees", first - 1, at + 1, marked=True)
        while first > self._used and items[first - 1].kind in {"noun", "state", "persons", "joiner"}:
            first -= 1
        claim = self._label_claim(first, ends, at)
        leads = all(
            each.kind in _LEADS or (each.aside is not None and not each.marks_part)
            for each in items[self._used : first]
        )
        led = self._items[self._used].fold in {"dan", "serta"}
        begins = first == self._next_label or (leads and (self._used == 0 or contested or led))
        return _Unit(claim, first, at + 1, marked=marked) if claim and (marked or begins) else None

    def _label_claim(self, first: int, ends: int, at: int) -> Claim | None:
        """What the label in items `first` to `ends` counts; between it and the number stand only links."""
        items, claim = self._items, None
        for item in items[first:ends]:
            if item.kind == "state" and claim in _OF_PERSONS:
                claim = item.claim
            elif item.kind == "noun":
                claim = claim or item.claim
        if first > 0 and items[first - 1].kind == "each":
            return None  # `setiap titik dijaga oleh 11 personel`
        if any(item.kind == "each" for item in items[ends:at]):
            return claim if claim in _ABOUT_PERSONS else None
        does = ends == at and first < ends and items[ends - 1].kind == "quality"
        # `massa diamankan 151 personel`
        return None if does and claim == "attendees" and items[at + 1].kind != "persons" else claim

    def _labels_next(self, behind: _Unit) -> bool:
        return behind.claim is not None and self._number_follows(behind.before)

    def _number_follows(self, at: int) -> bool:
        items = self._items
        while at < len(items) and items[at].kind in {"link", "colon"}:
            at += 1
        return at < len(items) and items[at].kind == "quantity"

    def _persons_only(self, behind: _Unit) -> bool:
        """Behind the number stands no more than `orang` or `personel`, so its label says what of them."""
        between = self._items[behind.first : behind.before]
        only = all(item.kind == "persons" or item.claim == "officers" for item in between)
        return bool(between) and only and self._ends_here(behind)

    def _ends_here(self, behind: _Unit) -> bool:
        """Nothing behind the number but what is no unit."""
        if behind.before >= len(self._items):
            return True
        item = self._items[behind.before]
        return item.kind in _NO_UNITS

    def _may_number(self, label: _Unit, behind: _Unit) -> bool:
        """`Lokasi 1: …`, `lokasi 1 di …`: which one it is; and what follows is told of that one."""
        after = self._items[behind.before : behind.before + 1]
        if after and after[0].kind == "colon":
            self.numbers_part = True
            return True
        told = bool(after) and after[0].kind == "function" and after[0].fold not in {"dan", "serta"}
        return told and not label.marked and label.claim in _NUMBERED

    def _unless_a_kind(self, behind: _Unit) -> _Unit | Reason:
        """`9 kegiatan tatap muka` counts one kind only, `3 anggota keluarga` nothing known here."""
        after = self._items[behind.before : behind.before + 1]
        kind = bool(after) and after[0].kind in {"word", "other_state"}
        return "kind_unknown" if kind or self._labelled_a_kind(behind.first - 1) else behind

    def _labelled_a_kind(self, at: int) -> bool:
        """`Perwira: 10 personel`, `sakit 2 orang`: the label before the number tells of one kind."""
        first = at
        while first > self._used and self._items[first - 1].kind in {"link", "colon"}:
            first -= 1
        if first == self._used:
            return False
        label, colon = self._items[first - 1], any(each.kind == "colon" for each in self._items[first:at])
        return label.fold in words.OTHER_KINDS or (colon and label.kind in {"word", "other_state"})
