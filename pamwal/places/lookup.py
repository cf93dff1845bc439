"""Which place a text means. Where it could be two, or is only nearly one, a question comes back instead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count

from msgspec import Struct

from pamwal.places.place import KecamatanPlace, Place
from pamwal.places.spelling import Kind, Said, key_of, keys_of, one_slip, said, words_of

__all__ = ["CANDIDATES_MAX", "Candidate", "Kind", "Lookup", "NameIndex", "Question"]

CANDIDATES_MAX = 8
TEXT_MAX = 200
"""Longer than the longest name with its kecamatan."""
_PART_MIN = 3
"""So many letters of a name are enough to be offered it."""
_CODE = re.compile(r"[0-9]{2}\.?[0-9]{2}\.?[0-9]{2}(\.?[0-9]{4})?")


class Candidate(Struct, frozen=True, kw_only=True):
    """A place that may be meant; of a kecamatan, `kecamatan` is its own name."""

    code: str
    name: str
    kind: Kind
    kecamatan: str


class Question(Struct, frozen=True, kw_only=True):
    """Which place is meant? In both languages."""

    indonesian: str
    english: str


class Lookup(Struct, frozen=True, kw_only=True):
    """Either `found`, or a question with the candidates it names (none: there is no such place)."""

    found: Place | KecamatanPlace | None = None
    candidates: tuple[Candidate, ...] = ()
    question: Question | None = None


class _Entry(Struct, frozen=True):
    place: Place | KecamatanPlace
    candidate: Candidate
    words: tuple[str, ...]
    keys: frozenset[str]
    own_key: str


class NameIndex:
    """The places of a region by all spellings of their names."""

    def __init__(self, places: Iterable[Place | KecamatanPlace]) -> None:
        self._entries = [_entry(place) for place in places]
        self._by_code = {entry.candidate.code: entry for entry in self._entries}
        self._by_key: dict[str, list[_Entry]] = {}
        for entry in self._entries:
            for key in entry.keys:
                self._by_key.setdefault(key, []).append(entry)

    def find(self, text: str, *, kind: Kind | None = None, within: str | None = None) -> Lookup:
        """The one place a text means, or a question."""
        if len(text) > TEXT_MAX:
            return _nothing_like(f"{text[:TEXT_MAX]}…")
        if code := _code(text):
            return self._by_its_code(code, kind, within)
        name = said(text)
        if not name.words:
            return _nothing_like(text)
        same = self._same(name.words)
        fitting = [entry for entry in same if _of_kind(entry, name.kind) and _of_kind(entry, kind)]
        for where in (within, name.within):
            if where is not None:
                region = self._region(where)
                if isinstance(region, Lookup):
                    return region
                fitting = [entry for entry in fitting if entry.candidate.code.startswith(region)]
        if len(fitting) == 1:
            return Lookup(found=fitting[0].place)
        return _which(text, fitting or same or self._near(name))

    def _by_its_code(self, code: str, kind: Kind | None, within: str | None) -> Lookup:
        entry = self._by_code.get(code)
        if entry is None:
            return _nothing_like(code)
        region = self._region(within) if within is not None else ""
        if isinstance(region, Lookup):
            return region
        if _of_kind(entry, kind) and code.startswith(region):
            return Lookup(found=entry.place)
        return _which(code, [entry])

    def _region(self, where: str) -> str | Lookup:
        """The code of a kecamatan, or the beginning of one; a question if it is not clear which."""
        if (code := _code(where)) or re.fullmatch(r"[0-9]{2}(\.[0-9]{2})?", where.strip()):
            return code or where.strip()
        answer = self.find(where, kind="kecamatan")
        return answer.found.code if answer.found else answer

    def _same(self, words: tuple[str, ...]) -> list[_Entry]:
        """Who has that name, in one of its spellings: each once, in the table's order."""
        keys = (key_of(words), "".join(words))
        return list({e.candidate.code: e for key in keys for e in self._by_key.get(key, [])}.values())

    def _near(self, name: Said) -> list[_Entry]:
        """Who may be meant, nearest first: a slip of one letter, initials, a part of the name."""
        key = key_of(name.words)
        order = count()
        ranked = [(rank, next(order), e) for e in self._entries if (rank := _rank(key, name, e)) is not None]
        return [entry for _, _, entry in sorted(ranked, key=lambda item: item[:2])]


def _entry(place: Place | KecamatanPlace) -> _Entry:
    kind: Kind = "kelurahan" if isinstance(place, Place) else "kecamatan"
    name = place.kelurahan if isinstance(place, Place) else place.kecamatan
    words = words_of(name)
    candidate = Candidate(code=place.code, name=name, kind=kind, kecamatan=place.kecamatan)
    return _Entry(place, candidate, words, keys_of(words), key_of(words))


def _of_kind(entry: _Entry, kind: Kind | None) -> bool:
    return kind is None or entry.candidate.kind == kind


def _code(text: str) -> str | None:
    """A code as the table writes it, also if it was given without its dots."""
    stripped = text.strip()
    if not _CODE.fullmatch(stripped):
        return None
    digits = stripped.replace(".", "")
    return ".".join(part for part in (digits[:2], digits[2:4], digits[4:6], digits[6:]) if part)


def _rank(key: str, name: Said, entry: _Entry) -> int | None:
    if any(one_slip(key, other) for other in entry.keys):
        return 0
    if len(entry.words) > 1 and key == "".join(word[0] for word in entry.words):
        return 1
    if len(key) >= _PART_MIN and entry.own_key.startswith(key):
        return 2
    if len(entry.own_key) >= _PART_MIN and key.startswith(entry.own_key):
        return 3
    return 4 if len(name.words[0]) >= _PART_MIN and name.words[0] == entry.words[0] else None


def _which(text: str, entries: list[_Entry]) -> Lookup:
    if not entries:
        return _nothing_like(text)
    candidates = tuple(entry.candidate for entry in entries[:CANDIDATES_MAX])
    named = [_described(candidate) for candidate in candidates]
    if len(named) == 1:
        return Lookup(
            candidates=candidates,
            question=Question(
                indonesian=f"Apakah yang dimaksud dengan {text!r} adalah {named[0]}?",
                english=f"By {text!r}, is {named[0]} meant?",
            ),
        )
    return Lookup(
        candidates=candidates,
        question=Question(
            indonesian=f"Tempat mana yang dimaksud dengan {text!r}: {_listed(named, 'atau')}?",
            english=f"Which place is meant by {text!r}: {_listed(named, 'or')}?",
        ),
    )


def _described(candidate: Candidate) -> str:
    if candidate.kind == "kecamatan":
        return f"kecamatan {candidate.name} ({candidate.code})"
    return f"kelurahan {candidate.name}, kecamatan {candidate.kecamatan} ({candidate.code})"


def _listed(named: list[str], conjunction: str) -> str:
    return f"{'; '.join(named[:-1])}; {conjunction} {named[-1]}"


def _nothing_like(text: str) -> Lookup:
    return Lookup(
        question=Question(
            indonesian=f"Tidak ada tempat bernama {text!r} dalam daftar; tempat mana yang dimaksud?",
            english=f"No place of this gazetteer is named {text!r}; which one is meant?",
        )
    )
