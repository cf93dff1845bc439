"""From the cells of a row to the contract, or to what is wrong with each of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

import msgspec
from msgspec import Struct

from pamwal.contracts.codec import plainly
from pamwal.contracts.import_answers import Problem
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.zones import DAY_MS, OFFSET_H, Zone
from pamwal.places import Gazetteer
from pamwal.vocabulary import DUTIES, meant
from services.scheduler.files.columns import Column, Subject, folded, put, type_at
from services.scheduler.files.entries import Entry
from services.scheduler.files.sheets import Mark
from services.scheduler.files.times import day_of, instant_of, is_time_only

SHOWN = 60
"""So many letters of a cell stand in a problem."""
_MARKED: Final[dict[Mark, tuple[str, str]]] = {
    "formula": ("holds a formula", "paste its value in place of it"),
    "broken": ("holds an error of the workbook", "mend the cell"),
    "day": ("was made a date by Excel", "format the column as text and write it again"),
    "long_number": (
        "is a number of over 15 digits, whose end Excel has lost",
        "format the column as text and write it again",
    ),
}
_MISREAD = re.compile("\ufffd|[ÃÂ][\x80-\xbf]|â€")
_SCIENTIFIC = re.compile(r"[0-9]([.,][0-9]+)?E\+[0-9]{2}", re.IGNORECASE)
_COUNT = re.compile(r"[0-9]{1,15}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,4}([.,][0-9]{1,20})?(E-?[0-9]{1,3})?", re.IGNORECASE)
_SKILLS_PARTED = re.compile(r"[;,/\n]+")
_PARTED = re.compile(r"[;,\s]+")
_KELURAHAN = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}")


class Setting(Struct, frozen=True):
    """What a file does not say itself: its zone, and the places of its region."""

    zone: Zone | None = None
    places: Gazetteer | None = None
    names: Mapping[str, Mapping[str, str]] = {}
    """Column → what its ids may be called → the id."""


class Wrong(Exception):
    """A cell that cannot be taken: what is wrong, and what to do."""

    def __init__(self, message: str, possible: str) -> None:
        super().__init__(message)
        self.message, self.possible = message, possible


class Judge:
    """Judges the entries of one file."""

    def __init__(self, subject: Subject, setting: Setting) -> None:
        self._subject, self._setting = subject, setting
        self._columns = subject.by_name
        self._words = {
            column.name: {
                folded(word): value for value, words in column.words.items() for word in (value, *words)
            }
            for column in subject.columns
        }
        self._names = {
            column: {folded(name): value for name, value in names.items()}
            for column, names in setting.names.items()
        }

    def judge(self, entry: Entry) -> tuple[Any, list[Problem]]:
        """The contract's value of a row, or None and each problem of it."""
        wrong: list[tuple[str | None, str, str]] = list(entry.problems)
        tree: dict[str, Any] = {}
        day = self._day(entry, wrong)
        for name, text in entry.texts.items():
            column = self._columns[name]
            if not column.path:
                continue
            try:
                put(tree, column.path, self._value(column, text, entry, day))
            except Wrong as problem:
                wrong.append((name, problem.message, problem.possible))
        wrong += [each for each in self._lacking(entry) if each not in wrong]
        if wrong:
            return None, self._problems(entry, wrong)
        self._end_after_midnight(entry, tree)
        wrong += self._subject.finish(tree, entry.texts)
        if not wrong:
            try:
                return msgspec.convert(tree, self._subject.contract), []
            except msgspec.ValidationError as error:
                wrong.append((None, plainly(str(error)), "fill in what is missing"))
        return None, self._problems(entry, wrong)

    def _value(self, column: Column, text: str, entry: Entry, day: date | None) -> Any:
        _refuse_marked(column, text, entry.marks.get(column.name))
        if _MISREAD.search(text):
            raise Wrong(
                f"{_shown(text)} was read in a wrong encoding before it came here",
                "take the text from where it was still right",
            )
        value = self._READERS[column.kind](self, column, text, entry, day)
        try:
            return msgspec.convert(value, type_at(self._subject.contract, column.path))
        except msgspec.ValidationError as error:
            raise Wrong(f"{_shown(text)} does not fit", f"write {column.wants}") from error

    def _text(self, _column: Column, text: str, _entry: Entry, _day: date | None) -> str:
        return text

    def _id(self, column: Column, text: str, _entry: Entry, _day: date | None) -> str:
        """An id as it is, or the one of what is called so."""
        return self._names.get(column.name, {}).get(folded(text), text)

    def _word(self, column: Column, text: str, _entry: Entry, _day: date | None) -> str:
        value = self._words[column.name].get(folded(text))
        if value is None:
            raise Wrong(f"{_shown(text)} is not known", f"write {column.wants}")
        return value

    def _list(self, _column: Column, text: str, _entry: Entry, _day: date | None) -> list[str]:
        return [part for part in _PARTED.split(text.lower()) if part]

    def _skills(self, _column: Column, text: str, _entry: Entry, _day: date | None) -> list[str]:
        """Skills may be several words long; one called as a duty is that duty's: `lalu lintas` is traffic."""
        parts = [" ".join(part.split()) for part in _SKILLS_PARTED.split(text.lower())]
        return [meant(part, tuple(DUTIES)) or part.replace(" ", "_") for part in parts if part]

    def _count(self, column: Column, text: str, _entry: Entry, _day: date | None) -> int:
        if not _COUNT.fullmatch(text):
            raise Wrong(f"{_shown(text)} is no whole number", f"write {column.wants}")
        return int(text)

    def _decimal(self, column: Column, text: str, _entry: Entry, _day: date | None) -> float:
        if not _DECIMAL.fullmatch(text):
            raise Wrong(f"{_shown(text)} is no number", f"write {column.wants}")
        return float(text.replace(",", "."))

    def _instant(self, column: Column, text: str, _entry: Entry, day: date | None) -> str:
        try:
            return instant_of(text, self._setting.zone, day=day)
        except ValueError as error:
            raise Wrong(str(error), f"write {column.wants}") from error

    def _place(self, column: Column, text: str, entry: Entry, _day: date | None) -> str:
        """A code as it is; a name only if the gazetteer is sure."""
        places, within = self._setting.places, entry.texts.get("kecamatan")
        if _KELURAHAN.fullmatch(text) and (within is None or places is None):
            return text
        if places is None:
            raise Wrong(f"{_shown(text)} is no code", f"write {column.wants}")
        answer = places.find(text, kind="kelurahan", within=within)
        if answer.found is not None:
            return answer.found.code
        question = answer.question
        said = f"{question.english} {question.indonesian}" if question else f"{_shown(text)} is not known"
        raise Wrong(said, f"write {column.wants}, or the name with its kecamatan in the column 'kecamatan'")

    _READERS: Final[Mapping[str, Callable[..., Any]]] = {
        "text": _text,
        "id": _id,
        "words": _word,
        "list": _list,
        "skills": _skills,
        "count": _count,
        "decimal": _decimal,
        "instant": _instant,
        "place": _place,
    }

    def _day(self, entry: Entry, wrong: list[tuple[str | None, str, str]]) -> date | None:
        """The day of times that stand alone: of the column `date`, else of where the row starts."""
        text = entry.texts.get("date")
        try:
            if text is not None:
                return day_of(text)
        except ValueError as error:
            wrong.append(("date", str(error), f"write {self._columns['date'].wants}"))
            return None
        starts, zone = entry.texts.get("starts"), self._setting.zone
        if starts is None or zone is None or is_time_only(starts):
            return None
        try:
            ms = to_ms(instant_of(starts, zone)) + OFFSET_H[zone] * 3_600_000
        except ValueError:
            return None
        return date(1970, 1, 1) + timedelta(milliseconds=ms)

    def _end_after_midnight(self, entry: Entry, tree: dict[str, Any]) -> None:
        """An end that is only an hour, and not after the start's, is of the next day."""
        ends = self._columns.get("ends")
        if ends is None or not is_time_only(entry.texts["ends"]):
            return
        row = tree if len(ends.path) == 1 else tree[ends.path[0]]
        if row["ends_at"] <= row["starts_at"]:
            row["ends_at"] = from_ms(to_ms(row["ends_at"]) + DAY_MS)

    def _lacking(self, entry: Entry) -> list[tuple[str | None, str, str]]:
        return [
            (column.name, "is blank", f"write {column.wants}")
            for column in self._subject.columns
            if column.required
            and column.name not in entry.texts
            and self._subject.stand_in.get(column.name) not in entry.texts
        ]

    def _problems(self, entry: Entry, wrong: list[tuple[str | None, str, str]]) -> list[Problem]:
        return [
            Problem(
                line=entry.line,
                subject=entry.texts.get(self._subject.identity, "")[:SHOWN],
                column=self._columns[name].header if name in self._columns else name,
                message=message,
                possible=possible,
            )
            for name, message, possible in wrong
        ]


def _refuse_marked(column: Column, text: str, mark: Mark | None) -> None:
    if mark is not None and not (mark == "day" and column.kind in {"instant", "day"}):
        message, possible = _MARKED[mark]
        raise Wrong(f"{_shown(text)} {message}", possible)
    if column.kind == "id" and _SCIENTIFIC.fullmatch(text):
        raise Wrong(
            f"{_shown(text)} is a number that Excel has shortened",
            "format the column as text and write it again",
        )


def _shown(text: str) -> str:
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
